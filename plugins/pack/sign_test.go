package pack

import (
	"bytes"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
)

func newKey(t *testing.T) (Key, []byte) {
	t.Helper()
	public, private, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ReadKey(string(public))
	if err != nil {
		t.Fatal(err)
	}
	return k, private
}

func TestSign(t *testing.T) {
	ours, secret := newKey(t)
	theirs, foreign := newKey(t)
	plain, err := Folder(folder(t, map[string]string{"plugin.json": "{}", "bin/x": "program"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, id, err := Sign(plain, secret, "x 1.0.0")
	if err != nil || id != KeyID(ours.ID()) {
		t.Fatal(id, err)
	}
	again, _, err := Sign(signed, secret, "x 1.0.0")
	if err != nil || !slices.Equal(names(t, again), names(t, signed)) {
		t.Errorf("signed twice: %v %v", names(t, again), err)
	}
	byOther, _, err := Sign(plain, foreign, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bundle []byte
		keys   []Key
		want   Signature
		code   string
	}{
		"unsigned, any":      {plain, nil, Signature{}, ""},
		"unsigned":           {plain, []Key{ours}, Signature{}, "bundle_unsigned"},
		"signed":             {signed, []Key{theirs, ours}, Signature{Key: id, Known: true}, ""},
		"signed, any":        {signed, nil, Signature{Key: id}, ""},
		"by an unknown key":  {byOther, []Key{ours}, Signature{Key: KeyID(theirs.ID())}, "bundle_signer_unknown"},
		"a file was changed": {changed(t, signed, "bin/x", "evil"), []Key{ours}, Signature{}, "bundle_altered"},
		"one was added":      {changed(t, signed, "bin/y", "evil"), nil, Signature{}, "bundle_altered"},
		"the list, too":      {relisted(t, signed), []Key{ours}, Signature{}, "bundle_signature_wrong"},
	} {
		got, err := Admit(c.bundle, c.keys)
		if problem.CodeOf(err) != c.code && (err != nil || c.code != "") || got != c.want {
			t.Errorf("%s: %+v %v, want %+v %s", name, got, err, c.want, c.code)
		}
	}
}

func contents(t *testing.T, bundle []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := Walk(bytes.NewReader(bundle), readInto(files))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func packed(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	out, err := write(slices.Sorted(maps.Keys(files)), func(name string) ([]byte, error) { return files[name], nil })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func changed(t *testing.T, bundle []byte, name, body string) []byte {
	t.Helper()
	files := contents(t, bundle)
	files[name] = []byte(body)
	return packed(t, files)
}

// relisted changes a file and the list of them, but cannot sign it.
func relisted(t *testing.T, bundle []byte) []byte {
	t.Helper()
	bundle = changed(t, bundle, "bin/x", "evil")
	sums, _, _, err := parts(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return changed(t, bundle, SumsName, string(list(sums)))
}

// A key that minisign encrypted, as it writes them.
const encrypted = `untrusted comment: minisign encrypted secret key
RWRTY0IyLIz0uBVnNDV0b2hMZGJ5dGVzYXJlaGVyZWFuZG1vcmVieXRlc2hlcmUAAAACAAAAAAAAAEAAAAAAQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==
`

func TestEncryptedKey(t *testing.T) {
	plain, err := Folder(folder(t, map[string]string{"plugin.json": "{}"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{encrypted: true, "nonsense": false} {
		if _, _, err := Sign(plain, []byte(text), ""); err == nil || errors.Is(err, ErrEncrypted) != want {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("x"))
	f.Fuzz(func(_ *testing.T, bundle []byte) { _, _ = Check(bundle, nil) })
}
