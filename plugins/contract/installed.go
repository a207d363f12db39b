package contract

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host"
)

// installed runs the plugin as a server would: confined, with certificates
// unless its manifest does without.
func (t *trial) installed(ctx context.Context) (string, error) {
	begun := time.Now()
	if err := t.install(ctx); err != nil {
		return "", err
	}
	s := t.status()
	return fmt.Sprintf("%s, %v", s.Confined, time.Since(begun).Round(time.Millisecond)), nil
}

func (t *trial) status() host.Status {
	s, _ := t.site.Host.Status(t.m.Name)
	return s
}

// killed ends the process without a warning, and looks that the next one works.
func (t *trial) killed(ctx context.Context) (string, error) {
	before := t.status().PID
	p, err := os.FindProcess(before)
	if err != nil {
		return "", err
	}
	begun := time.Now()
	if err := p.Kill(); err != nil {
		return "", fmt.Errorf("kill the process: %w", err)
	}
	err = t.until(ctx, "it runs again", func() bool {
		s := t.status()
		return s.State == host.Running && s.PID != before
	})
	if err != nil {
		return "", errors.Join(err, errors.New(lines(t.status())))
	}
	took := time.Since(begun)
	if t.m.Hook != nil {
		for _, c := range t.own(t.m.Hook.Collections) {
			if _, err := t.create(ctx, c); problem.CodeOf(err) == "hook_silent" {
				return "", err
			}
		}
	}
	for _, r := range t.m.Routes {
		if _, err := t.request(ctx, r.Method, filled(r.Path, "x"), "", "application/json", bodyOf(r, "{}")); err != nil {
			return "", fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
	}
	return fmt.Sprintf("serving again after %v", took.Round(time.Millisecond)), t.settle(ctx)
}

// stopped switches the plugin off.
func (t *trial) stopped(ctx context.Context) (string, error) {
	pid, begun := t.status().PID, time.Now()
	if _, err := t.site.Installer.Enable(ctx, robot, t.m.Name, false); err != nil {
		return "", err
	}
	t.site.Host.Wake()
	if err := t.until(ctx, "its process is gone", func() bool { return gone(pid) }); err != nil {
		return "", err
	}
	return time.Since(begun).Round(time.Millisecond).String(), nil
}
