package exports

import "github.com/recueil-cms/recueil/core/site/entry"

// GeoJSON writes those of which the place is known.
func (w Writer) GeoJSON(entries []*entry.Entry) ([]byte, error) {
	features := []map[string]any{}
	for _, item := range entries {
		if f := w.feature(item); f != nil {
			features = append(features, f)
		}
	}
	return []byte(entry.JSON(map[string]any{"type": "FeatureCollection", "features": features})), nil
}

// Feature writes one entry as GeoJSON, or gives nil when nobody knows where it is.
func (w Writer) Feature(e *entry.Entry) ([]byte, error) {
	f := w.feature(e)
	if f == nil {
		return nil, nil
	}
	return []byte(entry.JSON(f)), nil
}

// feature is a place as RFC 7946 has it: longitude first.
func (w Writer) feature(e *entry.Entry) map[string]any {
	place := entry.Place(e.Raw("location"))
	if place == nil {
		return nil
	}
	precision := ""
	if m, ok := e.Raw("location").(map[string]any); ok {
		precision, _ = m["precision"].(string)
	}
	return map[string]any{"type": "Feature", "id": e.ID,
		"geometry": map[string]any{"type": "Point", "coordinates": []float64{place.Lon, place.Lat}},
		"properties": map[string]any{"name": e.Title, "url": w.Base + e.URL, "commune": e.Text("commune"),
			"wilaya": entry.Titles(e.Links("wilaya")), "themes": e.LinkTitles("themes"), "precision": precision}}
}
