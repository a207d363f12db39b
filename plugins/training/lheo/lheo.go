// Package lheo writes and reads LHEO 2.3, the language in which French
// catalogues exchange trainings, as far as a programme's trainings have what it
// speaks of, and checks how often each element is there and how long it is. An
// offer that does not pass is told, not written: a catalogue that takes it in
// would refuse all of them.
package lheo

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"
)

// Namespace is that of version 2.3.
const Namespace = "http://lheo.gouv.fr/2.3"

// Limits of what is read.
const (
	MaxBytes   = 8 << 20
	MaxOffers  = 500
	maxActions = 100
)

// Document is a file.
type Document struct {
	XMLName xml.Name   `xml:"lheo"`
	Space   string     `xml:"xmlns,attr,omitempty"`
	Offers  []Training `xml:"offres>formation"`
}

// Training is a "formation". Members are in the order of the schema.
type Training struct {
	ID         string    `xml:"numero,attr,omitempty"`
	Changed    string    `xml:"horodatage-modification,attr,omitempty"`
	Domain     Domain    `xml:"domaine-formation"`
	Title      string    `xml:"intitule-formation"`
	Objective  string    `xml:"objectif-formation"`
	Results    string    `xml:"resultats-attendus"`
	Contents   string    `xml:"contenu-formation"`
	Certifying string    `xml:"certifiante"`
	Contacts   []Contact `xml:"contact-formation"`
	Pathway    string    `xml:"parcours-de-formation"`
	EntryLevel string    `xml:"code-niveau-entree"`
	URLs       *URLs     `xml:"url-formation,omitempty"`
	Actions    []Action  `xml:"action"`
	Provider   Provider  `xml:"organisme-formation-responsable"`
	ModuleID   string    `xml:"identifiant-module,omitempty"`
}

// Domain has the codes of the subject.
type Domain struct {
	Formacodes []string `xml:"code-FORMACODE"`
	NSF        []string `xml:"code-NSF"`
	ROME       []string `xml:"code-ROME"`
}

// The types of contact that are used here.
const (
	DisabilityContact = "1"
	TeachingContact   = "3"
)

// Contact is who can be asked.
type Contact struct {
	Type        string      `xml:"type-contact,omitempty"`
	Coordinates Coordinates `xml:"coordonnees"`
}

// Coordinates say how to reach somebody.
type Coordinates struct {
	Name    string   `xml:"nom,omitempty"`
	Address *Address `xml:"adresse,omitempty"`
	Email   string   `xml:"courriel,omitempty"`
}

// Address is a place.
type Address struct {
	Lines    []string `xml:"ligne"`
	Postcode string   `xml:"codepostal"`
	Town     string   `xml:"ville"`
}

// URLs are addresses on the web.
type URLs struct {
	Web []string `xml:"urlweb"`
}

// Action is a way in which the training is given.
type Action struct {
	Rhythm        string    `xml:"rythme-formation"`
	Audience      []string  `xml:"code-public-vise"`
	EntryRequired string    `xml:"niveau-entree-obligatoire"`
	Alternation   string    `xml:"modalites-alternance"`
	Mode          string    `xml:"modalites-enseignement"`
	Conditions    string    `xml:"conditions-specifiques"`
	Funding       string    `xml:"prise-en-charge-frais-possible"`
	Entries       string    `xml:"modalites-entrees-sorties"`
	Sessions      []Session `xml:"session"`
	Access        string    `xml:"acces-handicapes,omitempty"`
	Languages     []string  `xml:"langue-formation,omitempty"`
	Methods       string    `xml:"modalites-pedagogiques,omitempty"`
	Price         string    `xml:"prix-total-TTC,omitempty"`
	Hours         string    `xml:"nombre-heures-total,omitempty"`
	FundingText   string    `xml:"detail-conditions-prise-en-charge,omitempty"`
}

// Session is a run with its dates, written as 20270512.
type Session struct {
	ID         string   `xml:"numero,attr,omitempty"`
	Period     Period   `xml:"periode"`
	Where      *Address `xml:"adresse-inscription>adresse"`
	HowTo      string   `xml:"modalites-inscription,omitempty"`
	Recruiting string   `xml:"etat-recrutement,omitempty"`
	URLs       *URLs    `xml:"url-session,omitempty"`
}

// Period is from a day to a day.
type Period struct {
	From string `xml:"debut"`
	To   string `xml:"fin"`
}

// Provider is who answers for the training.
type Provider struct {
	ActivityNumber string        `xml:"numero-activite"`
	SIRET          string        `xml:"SIRET-organisme-formation>SIRET"`
	Name           string        `xml:"nom-organisme"`
	LegalName      string        `xml:"raison-sociale"`
	Coordinates    []Coordinates `xml:"coordonnees-organisme>coordonnees"`
	Contacts       []Coordinates `xml:"contact-organisme>coordonnees"`
}

// Fault is one thing wrong: where, and how often or how long it may be.
type Fault struct {
	At   string // "action[0]/code-public-vise"
	Want string // "1..10", "1..255 characters", "a code"
}

func (f Fault) String() string { return f.At + ": " + f.Want }

var (
	five   = regexp.MustCompile(`^[0-9]{5}$`)
	aDay   = regexp.MustCompile(`^[0-9]{8}$`)
	binary = regexp.MustCompile(`^[01]$`)
	siret  = regexp.MustCompile(`^[0-9]{14}$`)
)

type checker struct{ faults []Fault }

func (c *checker) count(at string, n, least, most int) {
	if n < least || n > most {
		c.faults = append(c.faults, Fault{at, fmt.Sprintf("%d..%d", least, most)})
	}
}

func (c *checker) text(at, v string, least, most int) {
	if n := utf8.RuneCountInString(v); n < least || n > most {
		c.faults = append(c.faults, Fault{at, fmt.Sprintf("%d..%d characters", least, most)})
	}
}

func (c *checker) form(at, v string, form *regexp.Regexp) {
	if !form.MatchString(v) {
		c.faults = append(c.faults, Fault{at, "a code like " + form.String()})
	}
}

// Check holds a training against the schema.
func (t *Training) Check() []Fault {
	c := &checker{}
	c.count("domaine-formation/code-FORMACODE", len(t.Domain.Formacodes), 0, 5)
	c.count("domaine-formation/code-NSF", len(t.Domain.NSF), 0, 3)
	c.count("domaine-formation/code-ROME", len(t.Domain.ROME), 0, 5)
	for _, code := range t.Domain.Formacodes {
		c.form("domaine-formation/code-FORMACODE", code, five)
	}
	c.text("intitule-formation", t.Title, 1, 255)
	c.text("objectif-formation", t.Objective, 1, 3000)
	c.text("resultats-attendus", t.Results, 1, 3000)
	c.text("contenu-formation", t.Contents, 1, 3000)
	c.form("certifiante", t.Certifying, binary)
	c.count("contact-formation", len(t.Contacts), 1, 1000)
	c.form("parcours-de-formation", t.Pathway, regexp.MustCompile(`^[1-4]$`))
	c.text("code-niveau-entree", t.EntryLevel, 1, 2)
	c.count("action", len(t.Actions), 1, maxActions)
	for i := range t.Actions {
		t.Actions[i].check(c, fmt.Sprintf("action[%d]/", i))
	}
	c.text("organisme-formation-responsable/numero-activite", t.Provider.ActivityNumber, 11, 11)
	c.form("organisme-formation-responsable/SIRET", t.Provider.SIRET, siret)
	c.text("organisme-formation-responsable/nom-organisme", t.Provider.Name, 1, 250)
	c.text("organisme-formation-responsable/raison-sociale", t.Provider.LegalName, 1, 250)
	c.count("organisme-formation-responsable/coordonnees-organisme", len(t.Provider.Coordinates), 1, 1)
	c.count("organisme-formation-responsable/contact-organisme", len(t.Provider.Contacts), 1, 1)
	return c.faults
}

func (a *Action) check(c *checker, at string) {
	c.text(at+"rythme-formation", a.Rhythm, 1, 3000)
	c.count(at+"code-public-vise", len(a.Audience), 1, 10)
	for _, code := range a.Audience {
		c.form(at+"code-public-vise", code, five)
	}
	c.form(at+"niveau-entree-obligatoire", a.EntryRequired, binary)
	c.text(at+"modalites-alternance", a.Alternation, 1, 3000)
	c.form(at+"modalites-enseignement", a.Mode, regexp.MustCompile(`^[0-2]$`))
	c.text(at+"conditions-specifiques", a.Conditions, 1, 3000)
	c.form(at+"prise-en-charge-frais-possible", a.Funding, binary)
	c.form(at+"modalites-entrees-sorties", a.Entries, binary)
	c.count(at+"langue-formation", len(a.Languages), 0, 5)
	c.text(at+"acces-handicapes", a.Access, 0, 250)
	c.text(at+"modalites-pedagogiques", a.Methods, 0, 200)
	c.text(at+"detail-conditions-prise-en-charge", a.FundingText, 0, 600)
	c.count(at+"session", len(a.Sessions), 1, 1000)
	for i, s := range a.Sessions {
		at := fmt.Sprintf("%ssession[%d]/", at, i)
		c.form(at+"periode/debut", s.Period.From, aDay)
		c.form(at+"periode/fin", s.Period.To, aDay)
		c.text(at+"modalites-inscription", s.HowTo, 0, 255)
		if s.Where == nil || s.Where.Town == "" {
			c.faults = append(c.faults, Fault{at + "adresse-inscription", "1..1"})
		}
		if s.Recruiting != "" {
			c.form(at+"etat-recrutement", s.Recruiting, regexp.MustCompile(`^[1-3]$`))
		}
	}
}

// Write writes those of the trainings that pass the checks; left are the others
// with what is wrong with them.
func Write(w io.Writer, all []Training) (left map[string][]Fault, err error) {
	doc := Document{Space: Namespace}
	left = map[string][]Fault{}
	for _, t := range all {
		if faults := t.Check(); len(faults) > 0 {
			left[t.ID] = faults
			continue
		}
		doc.Offers = append(doc.Offers, t)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return nil, err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	return left, e.Encode(doc)
}

// ErrLarge says that a file has more in it than is read.
var ErrLarge = errors.New("the file is larger than what is read")

// Read reads the trainings of a file.
func Read(r io.Reader) ([]Training, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	var doc Document
	if err := xml.NewDecoder(limited).Decode(&doc); err != nil {
		if limited.N <= 0 {
			return nil, ErrLarge
		}
		return nil, fmt.Errorf("read LHEO: %w", err)
	}
	if len(doc.Offers) > MaxOffers {
		return nil, ErrLarge
	}
	return doc.Offers, nil
}
