package main

import (
	"fmt"
	"testing"
)

func TestScore(t *testing.T) {
	grades := map[string]int{"a": 3, "b": 1, "c": 0}
	for _, c := range []struct {
		answers []string
		want    string
	}{
		{[]string{"a", "b", "x"}, "1.000 1.000 1.000"},
		{[]string{"x", "a", "b"}, "0.659 0.500 1.000"},
		{[]string{"c", "x"}, "0.000 0.000 0.000"},
		{nil, "0.000 0.000 0.000"},
	} {
		var s score
		s.add(grades, c.answers)
		s.add(map[string]int{"c": 0}, c.answers) // nothing to find: not counted
		m := s.mean()
		if got := fmt.Sprintf("%.3f %.3f %.3f", m.NDCG10, m.MRR10, m.Recall100); got != c.want || m.queries != 1 {
			t.Errorf("%v: %s of %d, want %s of 1", c.answers, got, m.queries, c.want)
		}
	}
}
