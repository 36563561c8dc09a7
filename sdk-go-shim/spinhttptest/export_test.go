package spinhttptest

import "encoding/json"

// ExpectMessage adds a mock as a mock file has it.
func (m *Mocks) ExpectMessage(mock json.RawMessage) error {
	params := struct {
		mocksParams
		Mock json.RawMessage `json:"mock"`
	}{mocksParams{m.id}, mock}
	return m.connection.callFor(m.t, "mocks/expect", params, nil)
}
