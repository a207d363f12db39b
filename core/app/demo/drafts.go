package demo

import (
	"encoding/json"
	"time"
)

// Draft is work in progress that the demonstration shows: an entry that waits
// for review, or one that is planned.
type Draft struct {
	Collection string
	Values     map[string]any
	Comment    string        // to whoever reviews it
	Publish    time.Duration // from now; 0: submitted for review instead
}

// draft is a Draft as the data has it.
type draft struct {
	Collection string         `json:"collection"`
	Values     map[string]any `json:"values"`
	Comment    string         `json:"comment"`
	Hours      int            `json:"publish_in_hours"`
}

// Drafts gives the work in progress.
func Drafts() ([]Draft, error) {
	raw, err := files.ReadFile("drafts.json")
	if err != nil {
		return nil, err
	}
	var in []draft
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	l := loader{seen: map[string]*Entry{}}
	if err := l.walk(); err != nil {
		return nil, err
	}
	out := make([]Draft, len(in))
	for i, d := range in {
		values, err := l.resolve(d.Values)
		if err != nil {
			return nil, err
		}
		out[i] = Draft{Collection: d.Collection, Values: values.(map[string]any), Comment: d.Comment,
			Publish: time.Duration(d.Hours) * time.Hour}
	}
	return out, nil
}
