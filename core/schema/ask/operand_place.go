package ask

import (
	"math"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// farthest is half way round the Earth, in kilometres: no place is farther.
const farthest = 20_038

// placeCondition makes the filter for an operator on places. Longitude goes
// first, as in GeoJSON and in map libraries.
func (c operandColumn) placeCondition(leaf func(Op, any) Filter, op Op, raw any, pointer string) (Filter, error) {
	list, err := operandList(op, raw, pointer)
	if err != nil {
		return Filter{}, err
	}
	numbers := operandColumn{column: schema.NumberColumn}
	n := make([]float64, len(list))
	for i, item := range list {
		if list[i], err = numbers.operand(item, pointer+problem.At(i)); err != nil {
			return Filter{}, err
		}
		n[i] = list[i].(float64)
	}
	onEarth := func(lon, lat float64) bool { return math.Abs(lon) <= 180 && math.Abs(lat) <= 90 }
	switch {
	case op == BBox && (!onEarth(n[0], n[1]) || !onEarth(n[2], n[3]) || n[1] > n[3]):
		return Filter{}, badOperand(pointer, "operand_bbox")
	case op == Near && (!onEarth(n[0], n[1]) || n[2] <= 0 || n[2] > farthest):
		return Filter{}, badFilter(pointer, "operand_near", problem.Args{"limit": farthest})
	}
	return leaf(op, list), nil
}
