package main

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// Where programs of an image are: at its root, as its manifests name them.
	program = "dapr-wasm-host"
	// As daprd's own image, and "nonroot" of those without a distribution.
	user = "65532:65532"
)

// What holds for the image on every architecture.
type about struct {
	version, revision string
	created           time.Time
}

// An image, and what it runs on.
type image struct {
	v1.Image
	platform v1.Platform
}

// ArtifactType says that it is none, and so keeps the library from naming it after its configuration.
func (image) ArtifactType() (string, error) { return "", nil }

// The image of one architecture, its layers in this order.
func (about about) image(architecture string, layers ...v1.Layer) (image, error) {
	made := v1.Time{Time: about.created}
	platform := v1.Platform{OS: "linux", Architecture: architecture}
	if architecture == "arm64" {
		platform.Variant = "v8"
	}
	config := &v1.ConfigFile{
		Architecture: platform.Architecture,
		OS:           platform.OS,
		Variant:      platform.Variant,
		Created:      made,
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:       user,
			Entrypoint: []string{"/" + program},
			// For those who name it without its folder.
			Env:        []string{"PATH=/"},
			WorkingDir: "/",
			Labels:     about.labels(),
		},
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	base, err := mutate.ConfigFile(base, config)
	if err != nil {
		return image{}, err
	}
	for _, layer := range layers {
		history := v1.History{Created: made, CreatedBy: "just image"}
		base, err = mutate.Append(base, mutate.Addendum{Layer: layer, History: history})
		if err != nil {
			return image{}, err
		}
	}
	return image{base, platform}, nil
}

// Labels of each image, and annotations of the index that holds them.
func (about about) labels() map[string]string {
	labels := map[string]string{
		"org.opencontainers.image.title":       program,
		"org.opencontainers.image.description": "Dapr secret store for Tencent Cloud Secrets Manager (SSM), for daprd or in its place",
		"org.opencontainers.image.version":     about.version,
		"org.opencontainers.image.created":     about.created.Format(time.RFC3339),
		// The program's, and that of the certificate authorities.
		"org.opencontainers.image.licenses": "Apache-2.0 AND MPL-2.0",
	}
	if about.revision != "" {
		labels["org.opencontainers.image.revision"] = about.revision
	}
	return labels
}

// Writes the images into folder, in the form of the OCI image layout, as one image by its name.
func (about about) layout(folder, name string, images []image) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, image := range images {
		platform := image.platform
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &platform},
		})
	}
	annotated, ok := mutate.Annotations(index, about.labels()).(v1.ImageIndex)
	if !ok {
		return errNoIndex
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(annotated, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": about.version,
		// By which containerd and Docker name what they load.
		"io.containerd.image.name": name + ":" + about.version,
	}))
}
