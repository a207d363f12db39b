package query

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// A cursor is the place of a row in one order of one list: base64url of a
// CRC-32 and the JSON of view.Cursor. It is not signed, on purpose. It can
// only ask to go on behind some values of the keys of the sort, which whoever
// may sort by them may ask with a filter as well; rights are checked anew each
// time, the cells only ever become bound values, and no node has to share a
// key. The checksum covers the order, so that a cursor of another list, or one
// that was touched, is refused rather than misread.

func encodeCursor(c *view.Cursor, order string) (string, error) {
	if c == nil {
		return "", nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write cursor: %w", err)
	}
	raw := append(binary.BigEndian.AppendUint32(nil, cursorSum(body, order)), body...)
	text := base64.RawURLEncoding.EncodeToString(raw)
	if len(text) > maxCursor {
		return "", problem.Parameter("sort", "sort_values_too_long", nil)
	}
	return text, nil
}

func decodeCursor(parameter, text, order string, keys int) (*view.Cursor, error) {
	if text == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 4 || binary.BigEndian.Uint32(raw) != cursorSum(raw[4:], order) {
		return nil, badCursor(parameter)
	}
	var c view.Cursor
	if json.Unmarshal(raw[4:], &c) != nil || len(c.Cells) != keys || !isEntryID(string(c.ID)) {
		return nil, badCursor(parameter)
	}
	for _, cell := range c.Cells {
		switch cell.(type) {
		case nil, string, float64, bool:
		default:
			return nil, badCursor(parameter)
		}
	}
	return &c, nil
}

func cursorSum(body []byte, order string) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(order)), crc32.IEEETable, body)
}

// orderKey names an order of a list, for its cursors.
func orderKey(l *view.List) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %t %t", l.Collection, l.Live, l.Trashed)
	for _, o := range l.Order {
		fmt.Fprintf(&b, ",%t", o.Descending)
		for _, s := range o.Path {
			fmt.Fprintf(&b, ".%s/%s", s.Field, s.System)
		}
	}
	return b.String()
}

// isEntryID: a ULID as content.EntryID describes it.
func isEntryID(s string) bool {
	return len(s) == 26 && strings.Trim(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

// cursorCells is the number of cells in the cursors of an order: nothing
// behind the id counts.
func cursorCells(order []ask.Order) int {
	for i, o := range order {
		if len(o.Path) == 1 && o.Path[0].System == schema.SysID {
			return i
		}
	}
	return len(order)
}
