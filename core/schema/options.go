package schema

import "github.com/recueil-cms/recueil/core/content"

// OptionLabels gives the labels of the options of a select field in a locale,
// by value; nil for other kinds.
func (k Kinds) OptionLabels(f Field, l content.Locale) map[string]string {
	if f.Kind != (selectKind{}).Name() {
		return nil
	}
	out := map[string]string{}
	for _, o := range settingsOf[selectSettings](f).Options {
		out[o.Value] = o.Label.In(l)
	}
	return out
}
