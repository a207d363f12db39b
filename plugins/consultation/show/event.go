package show

import "github.com/recueil-cms/recueil/plugins/consultation/record"

var (
	eventStates = map[string]string{"cancelled": "EventCancelled", "postponed": "EventPostponed"}
	eventModes  = map[string]string{"in_person": "OfflineEventAttendanceMode", "online": "OnlineEventAttendanceMode", "hybrid": "MixedEventAttendanceMode"}
)

// event is a meeting as schema.org describes it to search engines. Where it is
// held online is told to those who come, and to nobody else.
func event(m *record.Meeting, group *record.Group, page string) map[string]any {
	const schema = "https://schema.org"
	state := eventStates[m.State]
	if state == "" {
		state = "EventScheduled"
	}
	out := map[string]any{"@context": schema, "@type": "Event", "name": m.Title, "startDate": m.Starts, "eventStatus": schema + "/" + state}
	set := func(key string, value string) {
		if value != "" {
			out[key] = value
		}
	}
	set("endDate", m.Ends)
	set("description", m.Description)
	set("previousStartDate", m.Previous)
	if mode := eventModes[m.Mode]; mode != "" {
		out["eventAttendanceMode"] = schema + "/" + mode
	}
	switch {
	case m.Place != "":
		out["location"] = map[string]any{"@type": "Place", "name": m.Place, "address": m.Place}
	case m.Mode == "online":
		out["location"] = map[string]any{"@type": "VirtualLocation", "url": page}
	}
	if m.Capacity > 0 {
		out["maximumAttendeeCapacity"] = m.Capacity
	}
	if len(m.Languages) > 0 {
		out["inLanguage"] = m.Languages
	}
	if group != nil {
		out["organizer"] = map[string]any{"@type": "Organization", "name": group.Title}
	}
	return out
}
