package minio

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Options say where a bucket is and who asks.
type Options struct {
	Endpoint  string // host or host:port, without a scheme; empty: Amazon S3
	Secure    bool   // https
	Bucket    string // made by Open when it does not exist
	Prefix    string // in front of every key, with a slash between; may be empty
	Region    string // empty: asked from the store
	AccessKey string
	SecretKey string
	Session   string // token of temporary keys, usually empty

	// Timeout ends a call when for so long no byte has moved. Zero is 30 s. A
	// call that makes progress may take longer; the context bounds the whole.
	Timeout time.Duration
}

const (
	amazon         = "s3.amazonaws.com"
	defaultTimeout = 30 * time.Second
)

// errOptions is wrapped by every complaint about options.
var errOptions = errors.New("store address not understood")

// ParseURL reads the form that --bucket takes:
//
//	s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION&timeout=30s
//
// PREFIX and all parameters are optional. An endpoint without a scheme means
// https; without an endpoint it is Amazon S3. The keys come from env (such as
// os.Getenv): RECUEIL_S3_ACCESS_KEY and RECUEIL_S3_SECRET_KEY, otherwise
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; AWS_REGION is
// the region when none is given. Keys in the address are refused: it is seen
// in process lists and logs.
func ParseURL(raw string, env func(string) string) (Options, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Options{}, fmt.Errorf("%w: not a URL", errOptions) // err would quote what may hold a secret
	}
	switch {
	case u.Scheme != "s3":
		return Options{}, fmt.Errorf("%w: it starts with %q, not with s3://", errOptions, u.Scheme)
	case u.User != nil:
		return Options{}, fmt.Errorf("%w: keys do not belong into it; set RECUEIL_S3_ACCESS_KEY and RECUEIL_S3_SECRET_KEY", errOptions)
	case u.Host == "":
		return Options{}, fmt.Errorf("%w: no bucket after s3://", errOptions)
	case u.Fragment != "":
		return Options{}, fmt.Errorf("%w: %q after #", errOptions, u.Fragment)
	}
	o := Options{Endpoint: amazon, Secure: true, Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	if err := o.parameters(u.RawQuery); err != nil {
		return Options{}, err
	}
	o.keys(env)
	return o, o.check()
}

func (o *Options) parameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%w: parameters: %w", errOptions, err)
	}
	for name, given := range values {
		if len(given) > 1 {
			return fmt.Errorf("%w: parameter %s is given %d times", errOptions, name, len(given))
		}
		switch name {
		case "endpoint":
			err = o.endpoint(given[0])
		case "region":
			o.Region = given[0]
		case "timeout":
			o.Timeout, err = time.ParseDuration(given[0])
			if err == nil && o.Timeout <= 0 {
				err = errors.New("not positive")
			}
		default:
			err = errors.New("unknown")
		}
		if err != nil {
			return fmt.Errorf("%w: parameter %s: %w", errOptions, name, err)
		}
	}
	return nil
}

func (o *Options) endpoint(given string) error {
	if !strings.Contains(given, "://") {
		given = "https://" + given
	}
	u, err := url.Parse(given)
	if err != nil {
		return err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("%q is not http(s)://HOST:PORT", u.Redacted())
	}
	o.Endpoint, o.Secure = u.Host, u.Scheme == "https"
	return nil
}

func (o *Options) keys(env func(string) string) {
	o.AccessKey, o.SecretKey = env("RECUEIL_S3_ACCESS_KEY"), env("RECUEIL_S3_SECRET_KEY")
	if o.AccessKey == "" && o.SecretKey == "" {
		o.AccessKey, o.SecretKey, o.Session = env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN")
	}
	if o.Region == "" {
		o.Region = env("AWS_REGION")
	}
}

func (o *Options) check() error {
	switch {
	case o.Bucket == "":
		return fmt.Errorf("%w: no bucket", errOptions)
	case o.AccessKey == "" || o.SecretKey == "":
		return fmt.Errorf("%w: no keys; set RECUEIL_S3_ACCESS_KEY and RECUEIL_S3_SECRET_KEY", errOptions)
	}
	if o.Prefix != "" {
		if err := storage.CheckKey(o.Prefix); err != nil {
			return fmt.Errorf("%w: prefix: %w", errOptions, err)
		}
		if most := maxS3Key - storage.MaxKey - 1; len(o.Prefix) > most {
			return fmt.Errorf("%w: prefix of %d bytes, the limit is %d", errOptions, len(o.Prefix), most)
		}
	}
	return nil
}

// maxS3Key is the longest key that S3 takes, in bytes.
const maxS3Key = 1024
