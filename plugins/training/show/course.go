package show

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Course is a training with its sessions as schema.org describes them.
func (site *Site) Course(ctx context.Context, h *sdk.Host, id, l string) (*File, error) {
	t, err := record.Get[record.Training](ctx, h, record.Trainings, id, l)
	if err != nil {
		return nil, err
	}
	all, err := record.Coming(ctx, h, site.Work.Now(), l, url.Values{"filter[training][_eq]": {t.ID}})
	if err != nil {
		return nil, err
	}
	doc, err := site.courseOf(ctx, h, t, all, l)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(doc)
	return &File{Kind: "application/ld+json", Body: raw}, err
}

// courseOf is a training with some of its sessions as schema.org describes them.
func (site *Site) courseOf(ctx context.Context, h *sdk.Host, t *record.Training, all []record.Session, l string) (map[string]any, error) {
	c := site.Work.Settings()
	doc := map[string]any{"@context": "https://schema.org", "@type": "Course", "@id": c.URL + "/" + l + "/formations/" + t.Slug,
		"url": c.URL + "/" + l + "/formations/" + t.Slug, "name": t.Title, "description": t.Summary, "inLanguage": t.Languages, "courseCode": t.Ref,
		"coursePrerequisites": t.Prerequisites, "educationalCredentialAwarded": t.Results, "educationalLevel": t.Level}
	var teaches []string
	for _, o := range t.Objectives {
		teaches = append(teaches, o.Text)
	}
	doc["teaches"] = teaches
	if t.Audience != "" {
		doc["audience"] = map[string]any{"@type": "Audience", "audienceType": t.Audience}
	}
	if t.Provider != "" {
		for _, collection := range []string{"associations", "authorities"} {
			if n, err := record.Get[record.Named](ctx, h, collection, t.Provider, l); err == nil {
				doc["provider"] = map[string]any{"@type": "Organization", "name": n.Name}
			}
		}
	}
	var instances []any
	for i := range all {
		one, err := site.instance(ctx, h, &all[i], t, l)
		if err != nil {
			return nil, err
		}
		instances = append(instances, one)
	}
	doc["hasCourseInstance"] = instances
	return doc, nil
}

// instance is a session as schema.org describes it.
func (site *Site) instance(ctx context.Context, h *sdk.Host, s *record.Session, t *record.Training, l string) (map[string]any, error) {
	c := site.Work.Settings()
	modes := map[string]string{"onsite": "OfflineEventAttendanceMode", "online": "OnlineEventAttendanceMode", "blended": "MixedEventAttendanceMode"}
	states := map[string]string{"cancelled": "EventCancelled", "postponed": "EventPostponed"}
	state := states[s.Status]
	switch {
	case state == "" && s.Original != "":
		state = "EventRescheduled"
	case state == "":
		state = "EventScheduled"
	}
	out := map[string]any{"@type": "CourseInstance", "name": t.Title, "inLanguage": t.Languages, "url": c.URL + "/" + l + "/training/sessions/" + s.Code, "courseMode": s.Mode,
		"startDate": s.Starts, "endDate": s.Ends, "eventStatus": "https://schema.org/" + state, "eventAttendanceMode": "https://schema.org/" + modes[s.Mode]}
	if s.Original != "" {
		out["previousStartDate"] = s.Original
	}
	if len(s.HalfDays) > 0 {
		out["courseSchedule"] = schedule(s)
	}
	if t.Hours != nil {
		out["courseWorkload"] = "PT" + strconv.FormatFloat(*t.Hours, 'f', -1, 64) + "H"
	}
	if s.Capacity > 0 {
		r, err := site.Work.Seen(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		out["maximumAttendeeCapacity"], out["remainingAttendeeCapacity"] = s.Capacity, max(0, s.Capacity-r.Board.Taken())
	}
	if s.Venue != "" {
		if v, err := record.Get[record.Venue](ctx, h, record.Venues, s.Venue, l); err == nil {
			out["location"] = map[string]any{"@type": "Place", "name": v.Name, "address": words.Joined(v.Address, v.Commune)}
		}
	}
	var people []any
	for _, one := range record.TrainersOf(ctx, h, s, t, l) {
		people = append(people, map[string]any{"@type": "Person", "name": one.Name})
	}
	if people != nil {
		out["instructor"] = people
	}
	if t.Price != nil {
		out["offers"] = map[string]any{"@type": "Offer", "price": *t.Price, "priceCurrency": t.Currency}
	}
	return out, nil
}

// schedule is when the half-days are.
func schedule(s *record.Session) []any {
	var out []any
	for _, h := range s.HalfDays {
		out = append(out, map[string]any{"@type": "Schedule", "startDate": h.Day, "endDate": h.Day, "startTime": h.From, "endTime": h.To,
			"repeatFrequency": "Daily", "repeatCount": 1, "scheduleTimezone": s.Location().String()})
	}
	return out
}
