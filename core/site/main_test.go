package site_test

import (
	"os"
	"testing"

	"github.com/recueil-cms/recueil/core/app/apptest"
)

var shared apptest.Demo

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
