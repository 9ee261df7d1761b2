// Dapr's own conformance suite for secret stores, unchanged, through the socket in SOCKET. It reads
// conftestsecret and secondsecret; PROPERTIES is a JSON object of component metadata.
package conformance

import (
	"encoding/json"
	"os"
	"testing"

	suite "github.com/dapr/components-contrib/tests/conformance/secretstores"
	"github.com/dapr/dapr/pkg/components/secretstores"
	"github.com/dapr/kit/logger"
	"github.com/stretchr/testify/require"
)

func TestConformance(t *testing.T) {
	properties := map[string]string{}
	require.NoError(t, json.Unmarshal([]byte(os.Getenv("PROPERTIES")), &properties))
	store := secretstores.NewGRPCSecretStore(logger.NewLogger("conformance"), os.Getenv("SOCKET"))
	config := suite.NewTestConfig("tencentcloud.ssm", []string{"init", "ping", "get", "bulkget"})
	suite.ConformanceTests(t, properties, store, config)
}
