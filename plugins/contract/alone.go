package contract

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Methods of the wire format that are looked at here.
const (
	configureMethod = "/recueil.plugin.v1.Plugin/Configure"
	hookMethod      = "/recueil.plugin.v1.Hooks/BeforeCommit"
	deliverMethod   = "/recueil.plugin.v1.Events/Deliver"
)

func (t *trial) handshake(ctx context.Context) (string, error) {
	begun := time.Now()
	p, err := t.start(ctx)
	t.process = p
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v, %s", time.Since(begun).Round(time.Millisecond), p.p.Level()), nil
}

func (t *trial) health(ctx context.Context) (string, error) { return "", t.answers(ctx) }

// healthy asks the way that go-plugin does, and the way that the host does.
func (p *process) healthy(ctx context.Context) error {
	h, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	if err != nil {
		return fmt.Errorf("grpc.health.v1.Health/Check: %w", err)
	}
	if h.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("grpc.health.v1.Health/Check gave %v", h.Status)
	}
	if _, err := pluginpb.NewPluginClient(p.conn).Health(ctx, &pluginpb.HealthRequest{}); err != nil {
		return fmt.Errorf("the call Health: %w", err)
	}
	return nil
}

func (t *trial) describe(ctx context.Context) (string, error) {
	ctx, cancel := within(ctx, host.Unhurried.Answer+t.Slack)
	defer cancel()
	d, err := pluginpb.NewPluginClient(t.process.conn).Describe(ctx, &pluginpb.DescribeRequest{HostVersion: "test"})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(t.raw)
	if d.Name != t.m.Name || d.Version != t.m.Version {
		return "", fmt.Errorf("it says that it is %.60q %.60q, and plugin.json that it is %s %s", d.Name, d.Version, t.m.Name, t.m.Version)
	}
	if string(d.ManifestSha256) != string(sum[:]) {
		return "", fmt.Errorf("the SHA-256 %x is not that of the bytes of plugin.json, %x: was it changed after the build?", d.ManifestSha256, sum)
	}
	return "", nil
}

// validate asks about settings before any were given: there is no host yet.
func (t *trial) validate(ctx context.Context) (string, error) {
	ctx, cancel := within(ctx, host.Unhurried.Answer+t.Slack)
	defer cancel()
	r := &pluginpb.ConfigureRequest{ValidateOnly: true, SettingsJson: t.settings(), Secrets: map[string]string{}}
	for name, value := range t.Secrets {
		if value != nil {
			r.Secrets[name] = *value
		}
	}
	c, err := pluginpb.NewPluginClient(t.process.conn).Configure(ctx, r)
	if err != nil {
		return "", err
	}
	for _, f := range c.Faults {
		return fmt.Sprintf("%s: %v", f.Pointer, f.Message), nil
	}
	return "", nil
}

func (t *trial) settings() json.RawMessage {
	if len(t.Settings) > 0 {
		return t.Settings
	}
	return json.RawMessage(`{}`)
}

func (t *trial) unknown(ctx context.Context) (string, error) {
	methods := []string{"/recueil.plugin.v1.Nothing/Nothing", "/recueil.plugin.v1.Plugin/Nothing"}
	if t.m.Hook == nil {
		methods = append(methods, hookMethod)
	}
	for _, m := range methods {
		err := t.send(ctx, m, nil)
		if status.Code(err) != codes.Unimplemented {
			return "", fmt.Errorf("%s gave %v instead of UNIMPLEMENTED", m, status.Code(err))
		}
	}
	return "", nil
}

// send sends bytes as a message.
func (t *trial) send(ctx context.Context, method string, raw []byte) error {
	ctx, cancel := within(ctx, t.Patience)
	defer cancel()
	var answer []byte
	return t.process.conn.Invoke(ctx, method, &raw, &answer, grpc.ForceCodec(bytesCodec{}))
}

// garbage is no message of any kind.
var garbage = []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0x07, 0x0a, 0x7f}

func (t *trial) garbage(ctx context.Context) (string, error) {
	methods := []string{"/recueil.plugin.v1.Plugin/Describe", configureMethod}
	if t.m.Hook != nil {
		methods = append(methods, hookMethod)
	}
	if t.m.Events != nil {
		methods = append(methods, deliverMethod)
	}
	for _, m := range methods {
		if err := t.send(ctx, m, garbage); err == nil {
			return "", fmt.Errorf("%s took bytes that are no message", m)
		}
	}
	return "", t.answers(ctx)
}

// maxMessage is what either side may send, in bytes.
const maxMessage = 4 << 20

func (t *trial) huge(ctx context.Context) (string, error) {
	r := &pluginpb.ConfigureRequest{ValidateOnly: true, SettingsJson: []byte(`{"x":"` + strings.Repeat("x", maxMessage+1<<16) + `"}`)}
	ctx, cancel := within(ctx, t.Patience)
	defer cancel()
	_, err := pluginpb.NewPluginClient(t.process.conn).Configure(ctx, r)
	if err == nil {
		return "", errors.New("it took a message of more than 4 MiB")
	}
	return "", t.answers(ctx)
}

func (t *trial) drain(ctx context.Context) (string, error) {
	ctx, cancel := within(ctx, host.Unhurried.Drain+t.Slack)
	defer cancel()
	begun := time.Now()
	_, err := pluginpb.NewPluginClient(t.process.conn).Drain(ctx, &pluginpb.DrainRequest{})
	if err != nil && status.Code(err) != codes.Unavailable { // it may end before it answers
		return "", err
	}
	return time.Since(begun).Round(10 * time.Microsecond).String(), nil
}
