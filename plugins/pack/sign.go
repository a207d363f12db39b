package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"aead.dev/minisign"

	"github.com/recueil-cms/recueil/core/problem"
)

// A signed bundle holds a list of its files, in the form of sha256sum, and the
// signature of that list, in the form of minisign: both programs can check it.
const (
	SumsName      = "SHA256SUMS"
	SignatureName = "SHA256SUMS.minisig"
)

// maxSums bounds the list and the signature, in bytes.
const maxSums = 1 << 20

// Key is a public key of minisign.
type Key = minisign.PublicKey

// ReadKey reads a public key: the text of one, or the name of a file with it.
func ReadKey(source string) (Key, error) {
	var k Key
	text := []byte(source)
	if err := k.UnmarshalText(text); err == nil {
		return k, nil
	}
	raw, err := os.ReadFile(source)
	if err != nil {
		return k, fmt.Errorf("read a public key: %w", err)
	}
	if err := k.UnmarshalText(raw); err != nil {
		return k, fmt.Errorf("read the public key of %s: %w", source, err)
	}
	return k, nil
}

// KeyID is how people tell keys apart, as minisign writes it.
func KeyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// NewKey draws a pair of keys, as texts of the two files of minisign. The
// secret one is not encrypted: it belongs where secrets are kept.
func NewKey(random io.Reader) (public, private []byte, err error) {
	pub, priv, err := minisign.GenerateKey(random)
	if err != nil {
		return nil, nil, fmt.Errorf("draw a key: %w", err)
	}
	if public, err = pub.MarshalText(); err != nil {
		return nil, nil, fmt.Errorf("write the public key: %w", err)
	}
	if private, err = priv.MarshalText(); err != nil {
		return nil, nil, fmt.Errorf("write the secret key: %w", err)
	}
	return append(public, '\n'), append(private, '\n'), nil
}

// maxKey bounds the file of a key, in bytes.
const maxKey = 1 << 10

// isSecretKey reports whether a file of a folder is a secret key.
func isSecretKey(files fs.FS, name string, d fs.DirEntry) bool {
	info, err := d.Info()
	if err != nil || info.Size() > maxKey {
		return false
	}
	raw, err := fs.ReadFile(files, name)
	var secret minisign.PrivateKey
	return err == nil && (minisign.IsEncrypted(raw) || secret.UnmarshalText(raw) == nil)
}

// ErrEncrypted says that a secret key needs a password, which nobody is asked
// for here: signing is the work of programs. "minisign -C -W" removes it.
var ErrEncrypted = errors.New("the secret key is encrypted")

// Sign adds a signature to a bundle, in the place of one that is there.
func Sign(bundle, private []byte, comment string) (signed []byte, key string, err error) {
	var secret minisign.PrivateKey
	if minisign.IsEncrypted(private) {
		return nil, "", ErrEncrypted
	}
	if err := secret.UnmarshalText(private); err != nil {
		return nil, "", fmt.Errorf("read the secret key: %w", err)
	}
	files := map[string][]byte{}
	if err := Walk(bytes.NewReader(bundle), readInto(files)); err != nil {
		return nil, "", err
	}
	delete(files, SumsName)
	delete(files, SignatureName)
	sums := map[string]string{}
	for name, body := range files {
		sum := sha256.Sum256(body)
		sums[name] = hex.EncodeToString(sum[:])
	}
	files[SumsName] = list(sums)
	key = KeyID(secret.ID())
	files[SignatureName] = minisign.SignWithComments(secret, files[SumsName], comment, "signature of a Recueil plugin by key "+key)
	signed, err = write(slices.Sorted(maps.Keys(files)), func(name string) ([]byte, error) { return files[name], nil })
	return signed, key, err
}

// readInto reads the files of a bundle into a map.
func readInto(files map[string][]byte) func(string, io.Reader) error {
	return func(name string, body io.Reader) (err error) {
		files[name], err = io.ReadAll(body)
		return err
	}
}

// list is the list of files, in order.
func list(sums map[string]string) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
	}
	return b.Bytes()
}

// Signature is what Check finds out.
type Signature struct {
	Key string // its id; empty: there is no signature
	// Known says that it is one of the keys that were given, and the signature
	// is good. Of other keys nobody can tell.
	Known bool
}

// Check looks at the signature of a bundle. Whatever is wrong with one that is
// there is a Problem; that there is none, or one by a key that is not among
// those given, is not.
func Check(bundle []byte, keys []Key) (Signature, error) {
	sums, sumsFile, signature, err := parts(bundle)
	if err != nil || signature == nil {
		return Signature{}, err
	}
	if !bytes.Equal(list(sums), sumsFile) {
		return Signature{}, problem.New(problem.Invalid, "bundle_altered", nil)
	}
	var s minisign.Signature
	if err := s.UnmarshalText(signature); err != nil {
		return Signature{}, Bad(fmt.Errorf("%s: %w", SignatureName, err))
	}
	out := Signature{Key: KeyID(s.KeyID)}
	for _, k := range keys {
		if k.ID() != s.KeyID {
			continue
		}
		if !minisign.Verify(k, sumsFile, signature) {
			return Signature{}, problem.New(problem.Invalid, "bundle_signature_wrong", problem.Args{"key": out.Key})
		}
		out.Known = true
	}
	return out, nil
}

// parts reads the checksums of a bundle's files, and its own list and
// signature.
func parts(bundle []byte) (sums map[string]string, sumsFile, signature []byte, err error) {
	sums = map[string]string{}
	err = Walk(bytes.NewReader(bundle), func(name string, body io.Reader) error {
		if name == SumsName || name == SignatureName {
			raw, err := io.ReadAll(io.LimitReader(body, maxSums+1))
			if err == nil && len(raw) > maxSums {
				err = tooLarge()
			}
			if name == SumsName {
				sumsFile = raw
			} else {
				signature = raw
			}
			return err
		}
		sum := sha256.New()
		_, err := io.Copy(sum, body)
		sums[name] = hex.EncodeToString(sum.Sum(nil))
		return err
	})
	return sums, sumsFile, signature, err
}

// Admit refuses bundles that none of the keys has signed. Without keys all are
// admitted.
func Admit(bundle []byte, keys []Key) (Signature, error) {
	s, err := Check(bundle, keys)
	switch {
	case err != nil || len(keys) == 0 || s.Known:
		return s, err
	case s.Key == "":
		return s, problem.New(problem.Forbidden, "bundle_unsigned", problem.Args{"keys": ids(keys)})
	}
	return s, problem.New(problem.Forbidden, "bundle_signer_unknown", problem.Args{"key": s.Key, "keys": ids(keys)})
}

func ids(keys []Key) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = KeyID(k.ID())
	}
	return strings.Join(out, ", ")
}
