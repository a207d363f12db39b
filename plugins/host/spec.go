package host

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/recueil-cms/recueil/plugins/launch"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// SpecOf says how the process of a plugin is started, but for its program: with
// its limits, and an environment that holds nothing of ours. dir is its folder
// for sockets and temporary files.
func SpecOf(m *manifest.Manifest, dir string) launch.Spec {
	limits := launch.Limits{Memory: int64(m.Limits.MemoryMB) << 20, Files: uint64(m.Limits.Files)}
	if limits.Memory == 0 {
		limits.Memory = launch.Defaults.Memory
	}
	return launch.Spec{Name: m.Name, Limits: limits, Writable: []string{dir}, Most: launch.Jailed, Env: []string{
		"TMPDIR=" + dir, "HOME=" + dir, "LANG=C.UTF-8", "PATH=/usr/bin:/bin",
		fmt.Sprintf("GOMEMLIMIT=%d", limits.Memory*6/10), "PYTHONDONTWRITEBYTECODE=1",
	}}
}

// ProgramOf says what of an unpacked plugin runs on this system, and whether it
// serves with certificates. sums are the checksums of its files; nil: they are
// not checked.
func ProgramOf(m *manifest.Manifest, dir string, sums map[string]string) (p launch.Program, tls bool, err error) {
	run, ok := m.Run[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		run, ok = m.Run["any"]
	}
	if !ok {
		return p, false, &FallError{Code: "system", Detail: runtime.GOOS + "/" + runtime.GOARCH}
	}
	sum, ok := sums[run.File]
	if !ok && sums != nil {
		return p, false, &FallError{Code: "files", Detail: run.File}
	}
	file := filepath.Join(dir, filepath.FromSlash(run.File))
	p.Args = run.Args
	if run.Interpreter != "" {
		p.Interpreter, p.Script = run.Interpreter, file
	} else {
		p.File, p.SHA256 = file, sum
	}
	return p, run.Transport != "socket", nil
}
