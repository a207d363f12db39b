package transfer

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
)

// writer writes an archive from front to back; it never holds more than one
// line or one copy buffer.
type writer struct {
	zip      *zip.Writer
	manifest Manifest
}

func newWriter(w io.Writer, m Manifest) *writer {
	m.Format, m.Version, m.Members = Format, Version, nil
	return &writer{zip: zip.NewWriter(w), manifest: m}
}

// member begins a member; the one before must be closed.
func (w *writer) member(name string, pack bool) (*memberWriter, error) {
	method := zip.Store
	if pack {
		method = zip.Deflate
	}
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: w.manifest.CreatedAt.UTC().Truncate(time.Second)})
	if err != nil {
		return nil, fmt.Errorf("begin %s in the archive: %w", name, err)
	}
	return &memberWriter{w: w, out: out, sum: sha256.New(), member: Member{Name: name}}, nil
}

// close writes the manifest and the directory.
func (w *writer) close() (Manifest, error) {
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: w.manifest.CreatedAt.UTC().Truncate(time.Second)})
	if err != nil {
		return Manifest{}, fmt.Errorf("begin the manifest: %w", err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", " ")
	if err := enc.Encode(w.manifest); err != nil {
		return Manifest{}, fmt.Errorf("write the manifest: %w", err)
	}
	if err := w.zip.Close(); err != nil {
		return Manifest{}, fmt.Errorf("finish the archive: %w", err)
	}
	return w.manifest, nil
}

type memberWriter struct {
	w      *writer
	out    io.Writer
	sum    hash.Hash
	member Member

	content tally
}

func (m *memberWriter) Write(p []byte) (int, error) {
	n, err := m.out.Write(p)
	m.sum.Write(p[:n])
	m.member.Size += int64(n)
	return n, err
}

// line writes one JSON line.
func (m *memberWriter) line(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode a line of %s: %w", m.member.Name, err)
	}
	m.member.Lines++
	if _, err := m.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", m.member.Name, err)
	}
	return nil
}

// close ends the member and enters it into the manifest.
func (m *memberWriter) close() {
	m.member.SHA256 = hex.EncodeToString(m.sum.Sum(nil))
	m.member.Content = m.content.String()
	m.w.manifest.Members = append(m.w.manifest.Members, m.member)
}
