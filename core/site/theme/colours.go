package theme

import (
	"fmt"
	"math"
	"strconv"
)

// Colours are those of the site in CSS: as editors chose them, made legible.
type Colours struct{ main, accent string }

// The colours of a site that has not chosen any.
const (
	defaultMain   = "#0b5d3b"
	defaultAccent = "#b5532a"
)

// leastContrast is what WCAG 2.2 asks of text (1.4.3).
const leastContrast = 4.5

// ColoursOf takes the colours of the settings. One that could not be read as
// text on white, or under white text, is darkened until it can be.
func ColoursOf(mainColour, accent string) Colours {
	return Colours{legible(mainColour, defaultMain), legible(accent, defaultAccent)}
}

func legible(hex, otherwise string) string {
	rgb, ok := parseColour(hex)
	if !ok {
		return otherwise
	}
	for range 40 {
		if 1.05/(luminance(rgb)+0.05) >= leastContrast {
			break
		}
		for i := range rgb {
			rgb[i] *= 0.94
		}
	}
	return fmt.Sprintf("#%02x%02x%02x", int(rgb[0]), int(rgb[1]), int(rgb[2]))
}

func parseColour(hex string) (rgb [3]float64, ok bool) {
	if len(hex) != 7 || hex[0] != '#' {
		return rgb, false
	}
	for i := range rgb {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return rgb, false
		}
		rgb[i] = float64(n)
	}
	return rgb, true
}

// luminance is relative luminance as WCAG defines it.
func luminance(rgb [3]float64) float64 {
	linear := func(c float64) float64 {
		c /= 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(rgb[0]) + 0.7152*linear(rgb[1]) + 0.0722*linear(rgb[2])
}

// css sets the colours for the stylesheet, which has defaults of its own.
func (c Colours) css() string {
	if c.main == "" {
		return ""
	}
	return ":root{--main:" + c.main + ";--accent:" + c.accent + "}\n"
}
