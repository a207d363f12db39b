package layout

import (
	"fmt"

	"github.com/boombuler/barcode/qr"

	"github.com/recueil-cms/recueil/core/book/pdf"
)

// QR draws the code of an address into a square, dark on light, with its quiet
// zone of four modules.
func QR(p *pdf.Page, e *pdf.Elem, address, alt string, x, y, side float64) error {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("make the QR code of %s: %w", address, err)
	}
	n := code.Bounds().Dx()
	unit := side / float64(n+8)
	dark := func(col, row int) bool {
		r, _, _, _ := code.At(col, row).RGBA()
		return r < 0x8000
	}
	var boxes [][4]float64
	for row := range n {
		for col := 0; col < n; col++ {
			from := col
			for col < n && dark(col, row) {
				col++
			}
			if col > from {
				boxes = append(boxes, [4]float64{x + unit*float64(from+4), y + side - unit*float64(row+5), unit * float64(col-from), unit})
			}
		}
	}
	p.Open(e)
	p.Area(x, y, side, side, pdf.Colour{R: 1, G: 1, B: 1})
	p.Areas(boxes, pdf.Colour{})
	p.Close()
	e.Alt(alt).Box(x, y, side, side)
	return nil
}
