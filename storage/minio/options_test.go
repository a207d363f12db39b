package minio_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/minio"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestParseURL(t *testing.T) {
	keys := env("RECUEIL_S3_ACCESS_KEY", "a", "RECUEIL_S3_SECRET_KEY", "s", "AWS_ACCESS_KEY_ID", "other", "AWS_SECRET_ACCESS_KEY", "other", "AWS_SESSION_TOKEN", "other")
	aws := env("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "s", "AWS_SESSION_TOKEN", "t", "AWS_REGION", "eu-west-3")
	for _, c := range []struct {
		raw  string
		env  func(string) string
		want minio.Options
	}{
		{"s3://pact", keys, minio.Options{Endpoint: "s3.amazonaws.com", Secure: true, Bucket: "pact", AccessKey: "a", SecretKey: "s"}},
		{"s3://pact/", aws, minio.Options{Endpoint: "s3.amazonaws.com", Secure: true, Bucket: "pact", Region: "eu-west-3", AccessKey: "a", SecretKey: "s", Session: "t"}},
		{"s3://pact?region=us-east-1", aws, minio.Options{Endpoint: "s3.amazonaws.com", Secure: true, Bucket: "pact", Region: "us-east-1", AccessKey: "a", SecretKey: "s", Session: "t"}},
		{"s3://pact/sites/one/?endpoint=http://127.0.0.1:9000&timeout=5s", keys, minio.Options{Endpoint: "127.0.0.1:9000", Bucket: "pact", Prefix: "sites/one", AccessKey: "a", SecretKey: "s", Timeout: 5 * time.Second}},
		{"s3://pact?endpoint=minio.example.org", keys, minio.Options{Endpoint: "minio.example.org", Secure: true, Bucket: "pact", AccessKey: "a", SecretKey: "s"}},
		{"s3://pact?endpoint=https%3A%2F%2Fminio.example.org%3A9443%2F", keys, minio.Options{Endpoint: "minio.example.org:9443", Secure: true, Bucket: "pact", AccessKey: "a", SecretKey: "s"}},
	} {
		got, err := minio.ParseURL(c.raw, c.env)
		if err != nil || got != c.want {
			t.Errorf("%s:\n got %+v, error %v\nwant %+v", c.raw, got, err, c.want)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	keys := env("RECUEIL_S3_ACCESS_KEY", "a", "RECUEIL_S3_SECRET_KEY", "s")
	for raw, want := range map[string]string{
		"":                                      "s3://",
		"pact":                                  "s3://",
		"http://pact":                           "s3://",
		"s3://":                                 "no bucket",
		"s3:///prefix":                          "no bucket",
		"s3://key:hunter2@pact":                 "RECUEIL_S3_ACCESS_KEY",
		"s3://pact:hunter2%zz":                  "not a URL",
		"s3://pact#x":                           "#",
		"s3://pact?regoin=x":                    "regoin",
		"s3://pact?region=a&region=b":           "region",
		"s3://pact?timeout=soon":                "timeout",
		"s3://pact?timeout=-1s":                 "timeout",
		"s3://pact?endpoint=ftp://x":            "endpoint",
		"s3://pact?endpoint=http://":            "endpoint",
		"s3://pact?endpoint=http://x/path":      "endpoint",
		"s3://pact?endpoint=http://u:hunter2@x": "endpoint",
		"s3://pact/a//b":                        "prefix",
		"s3://pact/a/../b":                      "prefix",
		"s3://pact/" + strings.Repeat("long/", 40): "prefix",
	} {
		_, err := minio.ParseURL(raw, keys)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", raw, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the secret: %v", raw, err)
		}
	}
	for _, none := range []func(string) string{env(), env("RECUEIL_S3_ACCESS_KEY", "a"), env("AWS_SECRET_ACCESS_KEY", "s")} {
		if _, err := minio.ParseURL("s3://pact", none); err == nil || !strings.Contains(err.Error(), "RECUEIL_S3_SECRET_KEY") {
			t.Errorf("without keys: error %v", err)
		}
	}
}
