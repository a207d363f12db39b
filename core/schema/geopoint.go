package schema

import (
	"math"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

type geopointSettings struct {
	// Precision asks how exactly the place may be shown; otherwise it is exact.
	Precision bool `json:"precision,omitempty"`
}

// The precisions of a place. A place is made as coarse as it may be shown when
// it is written, so that no reader, copy or export can tell more.
const (
	PlaceExact   = "exact"   // six decimals, 0.1 m
	PlaceCommune = "commune" // two decimals, about 1 km
	PlaceHidden  = "hidden"  // no coordinates are kept
)

// geopointKind is a place on Earth in degrees of WGS 84:
// {"lat":36.75,"lon":5.06,"precision":"commune"}.
type geopointKind struct{ settings[geopointSettings] }

var _ Kind = geopointKind{}

func (geopointKind) Name() string { return "geopoint" }

func (geopointKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	m, faults := parts(f, v, "lat", "lon", "precision")
	if faults != nil {
		return nil, invalidValues(faults)
	}
	precision, ok := m["precision"].(string)
	asked := settingsOf[geopointSettings](f).Precision
	known := []string{PlaceExact, PlaceCommune, PlaceHidden}
	if (m["precision"] != nil && !ok) || (ok && !slices.Contains(known, precision)) {
		return nil, invalidValues(problem.Under("/precision", []problem.Field{fault(f, "select_unknown", problem.Args{"allowed": known})}))
	}
	if asked && precision == PlaceHidden {
		return map[string]any{"precision": PlaceHidden}, nil
	}
	out := map[string]any{}
	for name, limit := range map[string]float64{"lat": 90, "lon": 180} {
		n, ok := Number(m[name])
		if !ok || math.Abs(n) > limit {
			faults = append(faults, problem.Under(problem.Pointer(name), []problem.Field{
				fault(f, "geopoint_range", problem.Args{"min": -limit, "max": limit, "name": name})})...)
			continue
		}
		scale := 1e6
		if asked && precision == PlaceCommune {
			scale = 1e2
		}
		out[name], _ = Number(math.Round(n*scale) / scale)
	}
	if len(faults) > 0 {
		return nil, invalidValues(faults)
	}
	if asked && precision != "" {
		out["precision"] = precision
	}
	return out, nil
}

func (geopointKind) Column(Field) ColumnType { return PointColumn }

func (geopointKind) Cells(_ Field, v any) []any {
	m, _ := v.(map[string]any)
	lat, okLat := m["lat"].(float64)
	lon, okLon := m["lon"].(float64)
	if !okLat || !okLon {
		return nil
	}
	return []any{lat, lon}
}

func (geopointKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	properties := map[string]any{
		"lat": map[string]any{"type": "number", "minimum": -90, "maximum": 90},
		"lon": map[string]any{"type": "number", "minimum": -180, "maximum": 180},
	}
	if settingsOf[geopointSettings](f).Precision {
		properties["precision"] = map[string]any{"type": "string", "enum": []any{PlaceExact, PlaceCommune, PlaceHidden}}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}
