package media

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // tus asks for it, against broken connections and not against attackers
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
)

// ErrChecksum says that bytes are not those that were sent.
var ErrChecksum = errors.New("bytes do not have their checksum")

// maxChecked is the largest piece with a checksum, in bytes: nothing of it
// counts before all of it is there, so it has to be kept somewhere.
const maxChecked = 64 << 20

// Checked takes a piece of an upload in whole and compares its checksum, given
// as "sha1 <base64>" or "sha256 <base64>". Closing what it gives removes it.
func (u *Uploads) Checked(body io.Reader, checksum string) (io.ReadCloser, error) {
	algorithm, value, _ := strings.Cut(checksum, " ")
	sums := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New}
	want, err := base64.StdEncoding.DecodeString(value)
	if sums[algorithm] == nil || err != nil {
		return nil, problem.Parameter("Upload-Checksum", "upload_checksum_unknown", nil)
	}
	file, err := os.CreateTemp(u.l.o.Temp, "checked-*")
	if err != nil {
		return nil, u.away(err)
	}
	spooled := &spool{file}
	sum := sums[algorithm]()
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, maxChecked+1))
	switch {
	case err != nil:
	case n > maxChecked:
		err = problem.New(problem.TooLarge, "upload_checked_too_large", problem.Args{"limit": maxChecked >> 20})
	case !bytes.Equal(sum.Sum(nil), want):
		err = fmt.Errorf("%w: %s", ErrChecksum, algorithm)
	default:
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, spooled.Close())
	}
	return spooled, nil
}

// spool is a temporary file that goes when it is closed.
type spool struct{ *os.File }

func (s *spool) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }
