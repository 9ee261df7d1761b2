// oci-image writes an image of dapr-wasm-host from nothing, for every architecture that it is given a program
// of, as one archive in the form of the OCI image layout. The same input gives the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatalf("error: %v", err)
	}
}

func run() error {
	var about about
	name := flag.String("name", "docker.io/library/dapr-wasm-host", "the image's `name` in a registry")
	out := flag.String("out", "", "the archive's `file`")
	created := flag.Int64("created", 0, "`seconds` since 1970, the time of everything in the image")
	certificates := flag.String("certificates", "", "`file` with the certificate authorities")
	licence := flag.String("licence", "", "`file` with the licence")
	flag.StringVar(&about.version, "version", "", "the program's `version`, and the image's tag")
	flag.StringVar(&about.revision, "revision", "", "the `commit` that it was built of")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "oci-image FLAGS ARCHITECTURE=PROGRAM …")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 || *out == "" || about.version == "" {
		flag.Usage()
		return errors.New("what the archive is made of is not said")
	}
	about.created = time.Unix(*created, 0).UTC()

	data, err := layer(about.created,
		file{path: "etc/ssl/certs/ca-certificates.crt", from: *certificates, mode: 0o644},
		file{path: "usr/share/licenses/dapr-wasm-host/LICENSE", from: *licence, mode: 0o644},
	)
	if err != nil {
		return err
	}
	var images []image
	for _, argument := range flag.Args() {
		architecture, built, found := strings.Cut(argument, "=")
		if !found {
			return fmt.Errorf("%q is not ARCHITECTURE=PROGRAM", argument)
		}
		binary, err := layer(about.created, file{path: program, from: built, mode: 0o755})
		if err != nil {
			return err
		}
		image, err := about.image(architecture, data, binary)
		if err != nil {
			return err
		}
		images = append(images, image)
	}
	folder, err := os.MkdirTemp("", "oci-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := about.layout(folder, *name, images); err != nil {
		return err
	}
	return archive(folder, *out, about.created)
}
