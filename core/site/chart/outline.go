package chart

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// The outline of the country in longitude and latitude, simplified from
// Natural Earth (public domain), finer in the north, where people live. It is
// a file of its own because the console draws it, too.
//
//go:embed outline.json
var outlineJSON []byte

var algeria = sync.OnceValue(func() []Point {
	var pairs [][2]float64
	if err := json.Unmarshal(outlineJSON, &pairs); err != nil {
		panic("chart: outline.json: " + err.Error())
	}
	out := make([]Point, len(pairs))
	for i, p := range pairs {
		out[i] = Point{p[0], p[1]}
	}
	return out
})
