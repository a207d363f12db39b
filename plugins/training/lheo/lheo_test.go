package lheo

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func good() Training {
	at := &Address{Lines: []string{"Maison de jeunes"}, Postcode: "06000", Town: "Béjaïa"}
	who := Coordinates{Name: "Réseau", Address: at, Email: "contact@example.org"}
	return Training{ID: "GCP", Domain: Domain{Formacodes: []string{"32154"}}, Title: "Gestion du cycle de projet", Objective: "Conduire un projet", Results: "Attestation",
		Contents: "De l’idée au bilan", Certifying: "0", Contacts: []Contact{{TeachingContact, who}, {DisabilityContact, who}}, Pathway: "1", EntryLevel: "0",
		Actions: []Action{{Rhythm: "Deux jours", Audience: []string{"82056"}, EntryRequired: "0", Alternation: "aucune", Mode: "0", Conditions: "aucune", Funding: "1",
			Entries: "0", Languages: []string{"fr", "ar"}, Sessions: []Session{{ID: "gcp-1", Period: Period{"20270512", "20270513"}, Where: at, Recruiting: "1"}}}},
		Provider: Provider{ActivityNumber: "11755555555", SIRET: "12345678901234", Name: "Réseau", LegalName: "Réseau", Coordinates: []Coordinates{who}, Contacts: []Coordinates{who}}}
}

func TestThereAndBack(t *testing.T) {
	var out bytes.Buffer
	left, err := Write(&out, []Training{good()})
	if err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	text := out.String()
	last := 0
	for _, element := range []string{`<lheo xmlns="` + Namespace, "<offres>", "<formation", "<domaine-formation>", "<intitule-formation>", "<objectif-formation>", "<resultats-attendus>",
		"<contenu-formation>", "<certifiante>", "<contact-formation>", "<parcours-de-formation>", "<code-niveau-entree>", "<action>", "<session", "<organisme-formation-responsable>"} {
		at := strings.Index(text, element)
		if at < last {
			t.Errorf("%s is not in its place:\n%s", element, text)
		}
		last = at
	}
	back, err := Read(&out)
	if err != nil || len(back) != 1 || !reflect.DeepEqual(back[0], good()) {
		t.Errorf("%v\n%+v\n%+v", err, back, good())
	}
}

// Each cardinality and length of the schema is checked.
func TestCardinalities(t *testing.T) {
	for at, change := range map[string]func(t *Training){
		"domaine-formation/code-FORMACODE":                      func(t *Training) { t.Domain.Formacodes = strings.Fields("10000 10001 10002 10003 10004 10005") },
		"domaine-formation/code-NSF":                            func(t *Training) { t.Domain.NSF = strings.Fields("1 2 3 4") },
		"intitule-formation":                                    func(t *Training) { t.Title = strings.Repeat("é", 256) },
		"objectif-formation":                                    func(t *Training) { t.Objective = "" },
		"contact-formation":                                     func(t *Training) { t.Contacts = nil },
		"parcours-de-formation":                                 func(t *Training) { t.Pathway = "5" },
		"action":                                                func(t *Training) { t.Actions = nil },
		"action[0]/code-public-vise":                            func(t *Training) { t.Actions[0].Audience = nil },
		"action[0]/modalites-enseignement":                      func(t *Training) { t.Actions[0].Mode = "3" },
		"action[0]/conditions-specifiques":                      func(t *Training) { t.Actions[0].Conditions = "" },
		"action[0]/session":                                     func(t *Training) { t.Actions[0].Sessions = nil },
		"action[0]/session[0]/periode/debut":                    func(t *Training) { t.Actions[0].Sessions[0].Period.From = "2027-05-12" },
		"action[0]/session[0]/adresse-inscription":              func(t *Training) { t.Actions[0].Sessions[0].Where = nil },
		"action[0]/session[0]/etat-recrutement":                 func(t *Training) { t.Actions[0].Sessions[0].Recruiting = "4" },
		"organisme-formation-responsable/SIRET":                 func(t *Training) { t.Provider.SIRET = "123" },
		"organisme-formation-responsable/coordonnees-organisme": func(t *Training) { t.Provider.Coordinates = nil },
	} {
		one := good()
		change(&one)
		if faults := one.Check(); len(faults) != 1 || faults[0].At != at {
			t.Errorf("%s: %v", at, faults)
		}
		var out bytes.Buffer
		if left, err := Write(&out, []Training{one, good()}); err != nil || len(left) != 1 || strings.Count(out.String(), "<formation ") != 1 {
			t.Errorf("%s: %v %v", at, left, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	var out bytes.Buffer
	if _, err := Write(&out, []Training{good()}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte("<lheo><offres><formation/></offres></lheo>"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		all, err := Read(bytes.NewReader(raw))
		if err == nil {
			for i := range all {
				all[i].Check()
			}
		}
	})
}
