package rules

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Question is one of a questionnaire. Choices are one a line; an answer names
// them by their number, from 1, so that languages are counted together.
type Question struct {
	Key      string `json:"key"`
	Kind     string `json:"kind"` // single, multi, scale, short, long, title
	Text     string `json:"text"`
	Help     string `json:"help"`
	Choices  string `json:"choices"`
	Required bool   `json:"required"`
}

// Result is how many chose something; of what people wrote themselves only how
// many did: choice 0.
type Result struct {
	Question string `json:"question"`
	Choice   int    `json:"choice"`
	Count    int    `json:"count"`
}

// scale is how far a scale goes.
const scale = 5

// Options are the choices of a question, in their order.
func (q Question) Options() []string {
	if q.Kind == "scale" {
		var out []string
		for i := range scale {
			out = append(out, strconv.Itoa(i+1))
		}
		return out
	}
	if q.Kind != "single" && q.Kind != "multi" {
		return nil
	}
	var out []string
	for _, line := range strings.Split(q.Choices, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Same reports whether two questionnaires can be answered alike: by keys, kinds
// and numbers of choices, whatever the words.
func Same(a, b []Question) bool {
	return slices.EqualFunc(a, b, func(x, y Question) bool {
		return x.Key == y.Key && x.Kind == y.Kind && len(x.Options()) == len(y.Options())
	})
}

// Keyed reports whether each question has a key of its own.
func Keyed(all []Question) bool {
	seen := map[string]bool{}
	for _, q := range all {
		if q.Key == "" || seen[q.Key] {
			return false
		}
		seen[q.Key] = true
	}
	return true
}

// Answers takes what a form sent for each question, and gives what counts; the
// key of the first question that is not answered as it has to be is wrong.
func Answers(all []Question, sent func(key string) []string) (out map[string][]string, wrong string) {
	out = map[string][]string{}
	for _, q := range all {
		got, ok := q.answer(sent(q.Key))
		if !ok || q.Required && len(got) == 0 {
			return nil, q.Key
		}
		if len(got) > 0 {
			out[q.Key] = got
		}
	}
	return out, ""
}

func (q Question) answer(sent []string) (got []string, ok bool) {
	most := map[string]int{"short": 300, "long": 3000}[q.Kind]
	options := len(q.Options())
	for _, text := range sent {
		if text = strings.TrimSpace(text); text == "" || q.Kind == "title" {
			continue
		}
		if most > 0 {
			if utf8.RuneCountInString(text) > most {
				return nil, false
			}
		} else if n, err := strconv.Atoi(text); err != nil || n < 1 || n > options {
			return nil, false
		}
		if !slices.Contains(got, text) {
			got = append(got, text)
		}
	}
	return got, len(got) <= 1 || q.Kind == "multi"
}

// Counts counts answers as they come.
type Counts map[Result]int

// Add counts the answers of somebody.
func (c Counts) Add(all []Question, answers map[string][]string) {
	for _, q := range all {
		for _, a := range answers[q.Key] {
			n := 0
			if len(q.Options()) > 0 {
				n, _ = strconv.Atoi(a) // checked when it came
			}
			c[Result{Question: q.Key, Choice: n}]++
		}
	}
}

// Results are the counts in the order of the questions and choices.
func (c Counts) Results(all []Question) []Result {
	var out []Result
	for _, q := range all {
		choices := len(q.Options())
		if q.Kind == "title" {
			continue
		}
		for n := min(1, choices); n <= choices; n++ {
			r := Result{Question: q.Key, Choice: n}
			out = append(out, Result{q.Key, n, c[r]})
		}
	}
	return out
}
