package server

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the registry of one program. Labels are route patterns, status
// classes and names given at start, never anything from a request.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	panics      prometheus.Counter
	cacheHits   prometheus.Counter
	cacheFills  prometheus.Counter
	hits        prometheus.Observer
	hitRequests prometheus.Counter
	inFlight    atomic.Int64
	sampled     atomic.Uint64
}

var durations = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics makes a registry with the metrics of requests, Go and the process.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "recueil_http_requests_total", Help: "Requests answered."}, []string{"route", "status"})
	m.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "recueil_http_request_seconds", Help: "Time from request to answer.", Buckets: durations}, []string{"route"})
	m.panics = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "recueil_http_panics_total", Help: "Handlers that panicked."})
	m.cacheHits = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "recueil_response_cache_hits_total", Help: "Answers given from memory."})
	m.cacheFills = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "recueil_response_cache_fills_total", Help: "Answers computed and kept."})
	m.registry.MustRegister(m.requests, m.duration, m.panics, m.cacheHits, m.cacheFills,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Gauge("recueil_http_in_flight", "Requests being answered.", func() float64 { return float64(m.inFlight.Load()) })
	m.hitRequests = m.requests.WithLabelValues("memory", "2xx")
	m.hits = m.duration.WithLabelValues("memory")
	return m
}

// Gauge adds a number that f reads whenever metrics are asked for. labels are
// name and value in turn.
func (m *Metrics) Gauge(name, help string, f func() float64, labels ...string) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: pairs(labels)}, f))
}

// Counter adds a number that only grows, read by f.
func (m *Metrics) Counter(name, help string, f func() float64, labels ...string) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: name, Help: help, ConstLabels: pairs(labels)}, f))
}

// Histogram adds a distribution and gives the function that adds a value.
func (m *Metrics) Histogram(name, help string, buckets []float64, labels ...string) func(float64) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets, ConstLabels: pairs(labels)})
	m.registry.MustRegister(h)
	return h.Observe
}

func pairs(labels []string) prometheus.Labels {
	out := prometheus.Labels{}
	for i := 0; i+1 < len(labels); i += 2 {
		out[labels[i]] = labels[i+1]
	}
	return out
}

func (m *Metrics) observe(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

// hit counts an answer from memory. Its duration is recorded for one in 16.
func (m *Metrics) hit(took time.Duration) {
	m.cacheHits.Inc()
	m.hitRequests.Inc()
	if m.sampled.Add(1)&15 == 0 {
		m.hits.Observe(took.Seconds())
	}
}

func (s *Server) metricsRoute() fiber.Handler {
	show := adaptor.HTTPHandler(promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	return func(c *fiber.Ctx) error {
		if !s.mayReadMetrics(c) {
			return errNotFound
		}
		c.Set(fiber.HeaderCacheControl, privatePolicy)
		return show(c)
	}
}
