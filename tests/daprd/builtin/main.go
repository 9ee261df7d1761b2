// A daprd that has its own secretstores.tencentcloud.ssm, as the full build of Dapr does.
package main

import (
	"github.com/dapr/components-contrib/secretstores/tencentcloud/ssm"
	"github.com/dapr/dapr/cmd/daprd/app"
	_ "github.com/dapr/dapr/cmd/daprd/components"
	"github.com/dapr/dapr/pkg/components/secretstores"
)

func main() {
	secretstores.DefaultRegistry.RegisterComponent(ssm.NewSSM, "tencentcloud.ssm")
	app.Run()
}
