package view

import (
	"fmt"
	"math"

	"github.com/recueil-cms/recueil/core/schema/ask"
)

// earth is the mean radius of the Earth in kilometres. As a sphere it is wrong
// by half a percent at most.
const earth = 6371.0088

// place compiles a condition on a column of places. What is absent has a
// latitude beyond the poles, and so is in no box and near nothing.
func (q *query) place(c *column, r string, op ask.Op, value any) (string, error) {
	list, _ := value.([]any)
	n := make([]float64, len(list))
	for i, v := range list {
		var ok bool
		if n[i], ok = v.(float64); !ok {
			return "", badOperand(op, value)
		}
	}
	names := c.names()
	lat, lon := r+"."+names[0], r+"."+names[1]
	switch {
	case op == ask.BBox && len(n) == 4:
		west, east := q.bind(n[0]), q.bind(n[2])
		within := fmt.Sprintf("%s BETWEEN %s AND %s", lon, west, east)
		if n[0] > n[2] { // over the 180th meridian
			within = fmt.Sprintf("(%[1]s >= %[2]s OR %[1]s <= %[3]s)", lon, west, east)
		}
		return fmt.Sprintf("(%s BETWEEN %s AND %s AND %s)", lat, q.bind(n[1]), q.bind(n[3]), within), nil
	case op == ask.Near && len(n) == 3:
		return q.near(lat, lon, n[0], n[1], n[2]/earth), nil
	}
	return "", badOperand(op, value)
}

// near compiles "not farther than an angle" by the haversine formula, for the
// rows between two parallels only.
func (q *query) near(lat, lon string, atLon, atLat, angle float64) string {
	degrees := angle * 180 / math.Pi
	half := math.Sin(min(angle, math.Pi) / 2)
	return fmt.Sprintf("(%[1]s BETWEEN %[3]s AND %[4]s AND"+
		" pow(sin(radians(%[1]s - %[5]s) / 2), 2) + %[7]s * cos(radians(%[1]s)) * pow(sin(radians(%[2]s - %[6]s) / 2), 2) <= %[8]s)",
		lat, lon, q.bind(max(-90, atLat-degrees)), q.bind(min(90, atLat+degrees)), q.bind(atLat), q.bind(atLon),
		q.bind(math.Cos(atLat*math.Pi/180)), q.bind(half*half))
}
