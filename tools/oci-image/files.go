package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

var errNoIndex = errors.New("an index with annotations is no index")

// A file of an image, and what it is made from.
type file struct {
	path, from string
	mode       fs.FileMode
}

// A layer with these files and the folders that they are in, all root's and of one time.
func layer(when time.Time, files ...file) (v1.Layer, error) {
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	made := map[string]bool{".": true}
	for _, file := range files {
		content, err := os.ReadFile(file.from)
		if err != nil {
			return nil, err
		}
		if err := folders(writer, path.Dir(file.path), made, when); err != nil {
			return nil, err
		}
		if err := write(writer, file.path, file.mode, content, when); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open,
		tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithMediaType(types.OCILayer))
}

// One archive of all that is in folder.
func archive(folder, out string, when time.Time) error {
	packed, err := os.Create(out)
	if err != nil {
		return err
	}
	defer packed.Close()
	writer := tar.NewWriter(packed)
	// In the order of their names.
	err = filepath.WalkDir(folder, func(place string, entry fs.DirEntry, err error) error {
		if err != nil || place == folder {
			return err
		}
		name, err := filepath.Rel(folder, place)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return directory(writer, filepath.ToSlash(name), when)
		}
		content, err := os.ReadFile(place)
		if err != nil {
			return err
		}
		return write(writer, filepath.ToSlash(name), 0o644, content, when)
	})
	if err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return packed.Close()
}

func folders(writer *tar.Writer, name string, made map[string]bool, when time.Time) error {
	if made[name] {
		return nil
	}
	made[name] = true
	if err := folders(writer, path.Dir(name), made, when); err != nil {
		return err
	}
	return directory(writer, name, when)
}

func directory(writer *tar.Writer, name string, when time.Time) error {
	return writer.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: when, Format: tar.FormatUSTAR,
	})
}

func write(writer *tar.Writer, name string, mode fs.FileMode, content []byte, when time.Time) error {
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Mode: int64(mode), Size: int64(len(content)),
		ModTime: when, Format: tar.FormatUSTAR,
	}
	if err := writer.WriteHeader(header); err != nil {
		return err
	}
	_, err := writer.Write(content)
	return err
}
