package view

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/recueil-cms/recueil/core/content"
)

// maxStatements is the number of prepared statements that a connection keeps.
const maxStatements = 300

// busyWait is how long a connection waits for another one's lock.
const busyWait = 10 * time.Second

// errStop ends a query early without an error.
var errStop = errors.New("enough")

// conn is one connection to the file, with its prepared statements. One
// goroutine at a time uses it. It speaks to the driver directly: database/sql
// would add locks and conversions to every row, and pools what must stay one
// transaction.
type conn struct {
	raw    driver.Conn
	stmts  map[string]*statement
	probes probes
	clock  int64 // counts uses, for leaving out the statement used longest ago
}

type statement struct {
	raw  driver.Stmt
	busy bool
	used int64
}

// connect opens the file with the settings that every connection has.
func connect(ctx context.Context, file string, cacheMB int, readOnly bool) (*conn, error) {
	q := url.Values{}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()))
	q.Add("_pragma", fmt.Sprintf("cache_size(-%d)", cacheMB<<10))
	q.Add("_pragma", "temp_store(MEMORY)")
	q.Add("_pragma", "trusted_schema(0)")
	q.Add("_pragma", "cell_size_check(1)")
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Add("_pragma", fmt.Sprintf("page_size(%d)", pageBytes))
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", "synchronous(NORMAL)")
		q.Add("_pragma", "secure_delete(ON)")
		q.Add("_pragma", "journal_size_limit(67108864)")
	}
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(file), RawQuery: q.Encode()}).String()
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open view file: %w", err)
	}
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("open view file: %w", damage(err))
	}
	return &conn{raw: raw, stmts: map[string]*statement{}}, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		_ = s.raw.Close() // only frees memory; closing the connection tells of errors
	}
	c.stmts = nil
	return c.raw.Close()
}

// statement gives the prepared statement of a text. The caller calls the
// second result when done with it.
func (c *conn) statement(text string) (driver.Stmt, func(), error) {
	c.clock++
	if s := c.stmts[text]; s != nil && !s.busy {
		s.busy, s.used = true, c.clock
		return s.raw, func() { s.busy = false }, nil
	}
	raw, err := c.raw.Prepare(text)
	if err != nil {
		return nil, nil, damage(err)
	}
	if c.stmts[text] != nil { // in use by an outer query of the same text
		return raw, func() { _ = raw.Close() }, nil
	}
	if len(c.stmts) >= maxStatements {
		c.forgetOldest()
	}
	s := &statement{raw: raw, busy: true, used: c.clock}
	c.stmts[text] = s
	return raw, func() { s.busy = false }, nil
}

func (c *conn) forgetOldest() {
	var oldest string
	least := c.clock + 1
	for text, s := range c.stmts {
		if !s.busy && s.used < least {
			oldest, least = text, s.used
		}
	}
	if s := c.stmts[oldest]; s != nil {
		_ = s.raw.Close()
		delete(c.stmts, oldest)
	}
}

// exec runs a statement that gives no rows. It takes no context: to interrupt
// a write would roll back the whole transaction behind its owner's back.
func (c *conn) exec(text string, args ...any) error {
	values, err := bindings(args)
	if err != nil {
		return err
	}
	stmt, done, err := c.statement(text)
	if err != nil {
		return err
	}
	defer done()
	_, err = stmt.(driver.StmtExecContext).ExecContext(context.Background(), values)
	return damage(err)
}

// query calls each for every row, until it gives an error; errStop is none.
// The slice is used again for the next row. A context that can end costs a few
// microseconds, so lookups of one row use none.
func (c *conn) query(ctx context.Context, text string, args []any, each func(row []driver.Value) error) error {
	values, err := bindings(args)
	if err != nil {
		return err
	}
	stmt, done, err := c.statement(text)
	if err != nil {
		return err
	}
	defer done()
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err != nil {
		return damage(err)
	}
	row := make([]driver.Value, len(rows.Columns()))
	err = scan(rows, row, each)
	if e := rows.Close(); err == nil {
		err = damage(e)
	}
	return err
}

func scan(rows driver.Rows, row []driver.Value, each func([]driver.Value) error) error {
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return damage(err)
		}
		if err := each(row); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
}

// one gives the only row of a query that gives at most one, or nil.
func (c *conn) one(text string, args ...any) ([]driver.Value, error) {
	var found []driver.Value
	err := c.query(context.Background(), text, args, func(row []driver.Value) error {
		found = append(found, row...)
		return errStop
	})
	return found, err
}

// bindings turns arguments into what the driver takes.
func bindings(args []any) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := binding(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out, nil
}

func binding(a any) (driver.Value, error) {
	switch v := a.(type) {
	case nil, int64, float64, string, []byte:
		return v, nil
	case bool:
		return boolInt(v), nil
	case int:
		return int64(v), nil
	case content.EntryID:
		return string(v), nil
	case content.CollectionID:
		return string(v), nil
	case content.FieldID:
		return string(v), nil
	case content.Locale:
		return string(v), nil
	case content.Status:
		return string(v), nil
	case content.NounKind:
		return string(v), nil
	case time.Time:
		return nanos(v), nil
	}
	return nil, fmt.Errorf("cannot bind %T", a)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// damage marks the errors that mean that the file is not what was written.
func damage(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}

// asInt, asText, asBytes and asFloat read a cell whose type is known; another
// type reads as the zero value.
func asInt(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

func asText(v driver.Value) string {
	s, _ := v.(string)
	return s
}

func asBytes(v driver.Value) []byte {
	b, _ := v.([]byte)
	return b
}

func asFloat(v driver.Value) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	}
	return 0
}
