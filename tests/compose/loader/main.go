// Loads a compose file as Docker Compose v2 does, with the loader that it is built from, and prints it.
//
//	loader DIRECTORY [PROFILE...]
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory string, profiles []string) error {
	options, err := cli.NewProjectOptions(
		nil,
		cli.WithWorkingDirectory(directory),
		cli.WithOsEnv,
		cli.WithEnvFiles(),
		cli.WithDotEnv,
		cli.WithDefaultConfigPath,
		cli.WithDefaultProfiles(profiles...),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	loaded, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(loaded)
	return err
}
