package commitlog

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"
)

func sampleFrame(t testing.TB) (frame, []byte, packer) {
	t.Helper()
	p, err := newPacker()
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte(`[{"id":"a"}]`)
	f := frame{seq: 7, at: time.UnixMicro(1_790_000_000_123_456).UTC(), node: "node-1", nonce: nonce{1, 2, 3}, values: 1, plain: len(plain), before: digest{4, 5}}
	raw := f.seal(p.pack(plain))
	return f, raw, p
}

func TestFrameComesBack(t *testing.T) {
	want, raw, p := sampleFrame(t)
	got, payload, err := openFrame(7, raw)
	if err != nil || got != want {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	plain, err := p.unpack(got, payload)
	if err != nil || string(plain) != `[{"id":"a"}]` {
		t.Errorf("payload %q, %v", plain, err)
	}
}

func TestEveryFlippedBitAndCutIsNoticed(t *testing.T) {
	_, raw, _ := sampleFrame(t)
	for i := range len(raw) * 8 {
		bad := bytes.Clone(raw)
		bad[i/8] ^= 1 << (i % 8)
		if _, _, err := openFrame(7, bad); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("flipped bit %d: %v", i, err)
		}
	}
	for i := range raw {
		if _, _, err := openFrame(7, raw[:i]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, _, err := openFrame(8, raw); !errors.Is(err, ErrCorrupt) {
		t.Errorf("in another place: %v", err)
	}
}

func FuzzOpenFrame(f *testing.F) {
	_, raw, p := sampleFrame(f)
	f.Add(raw, true)
	f.Add(raw[:60], true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, data []byte, resum bool) {
		if resum { // with a fitting checksum, so that what lies behind it is reached
			data = resummed(data)
		}
		got, payload, err := openFrame(7, data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			return
		}
		if got.seq != 7 || len(got.node) > maxNode {
			t.Errorf("accepted %+v", got)
		}
		if _, err := p.unpack(got, payload); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("payload: %v", err)
		}
	})
}

// resummed replaces the last bytes by the checksum of those before.
func resummed(data []byte) []byte {
	if len(data) < sha256.Size {
		return data
	}
	body := bytes.Clone(data[:len(data)-sha256.Size])
	sum := sha256.Sum256(body)
	return append(body, sum[:]...)
}
