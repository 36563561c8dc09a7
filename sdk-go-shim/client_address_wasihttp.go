//go:build wasip1 && wasihttp

package spinhttp

import (
	"os"
	"strconv"
)

// hostVariable is the environment variable of the component that names its host.
const hostVariable = "SPINHTTP_HOST"

// isHostSpin reports whether the host is Spin or spin-harness. On any other host, a client can send the fields of Spin. No
// client can set an environment variable.
func isHostSpin() bool { return os.Getenv(hostVariable) == "spin" }

func init() {
	if name, ok := os.LookupEnv(hostVariable); ok && name != "spin" {
		warn("spinhttp: the environment variable %s is %s, which has no effect; set it to \"spin\" on Spin and spin-harness, and remove it on any other host", hostVariable, strconv.Quote(name))
	}
}
