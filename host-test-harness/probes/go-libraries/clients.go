//go:build wasip1

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/coder/websocket"
	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/openai/openai-go"
	"github.com/openai/openai-go/option"
	"github.com/stripe/stripe-go/v82"
)

// The clients below are created as their documentation says. All but the last two have an http.Transport of their
// own, or use http.DefaultTransport.

func withResty(ctx context.Context, address string) (string, error) {
	var answer struct{ Name string }
	response, err := resty.New().SetRetryCount(1).R().SetContext(ctx).
		SetQueryParam("q", "a b").SetBody(map[string]int{"id": 1}).SetResult(&answer).Post(address)
	if err != nil {
		return "", err
	}
	return response.Status() + " " + answer.Name, nil
}

// withRetries calls a service that fails at first.
func withRetries(_ context.Context, address string) (string, error) {
	client := retryablehttp.NewClient()
	client.RetryWaitMin, client.RetryWaitMax = 1, 1
	response, err := client.Post(address, "text/plain", []byte("again"))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.Status + " " + string(body), err
}

// withS3 puts an object and gets it.
func withS3(ctx context.Context, address string) (string, error) {
	client := s3.New(s3.Options{
		Region:       "eu-central-1",
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		BaseEndpoint: aws.String(address),
		UsePathStyle: true,
	})
	key := aws.String("a b/c")
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: key, Body: bytes.NewReader([]byte("an object")),
	})
	if err != nil {
		return "", err
	}
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: key})
	if err != nil {
		return "", err
	}
	defer object.Body.Close()
	body, err := io.ReadAll(object.Body)
	return string(body), err
}

// withAzure is what the clients of Azure's services do: azcore's pipeline, with its default transport and its retries.
func withAzure(ctx context.Context, address string) (string, error) {
	pipeline := runtime.NewPipeline("libraries", "v1.0.0", runtime.PipelineOptions{}, &policy.ClientOptions{
		Retry: policy.RetryOptions{RetryDelay: time.Millisecond},
	})
	request, err := runtime.NewRequest(ctx, http.MethodPut, address)
	if err != nil {
		return "", err
	}
	if err := runtime.MarshalAsJSON(request, map[string]int{"id": 1}); err != nil {
		return "", err
	}
	response, err := pipeline.Do(request)
	if err != nil {
		return "", err
	}
	body, err := runtime.Payload(response)
	return response.Status + " " + string(body), err
}

func withOpenAI(ctx context.Context, address string) (string, error) {
	client := openai.NewClient(option.WithBaseURL(address), option.WithAPIKey("key"))
	completion, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model:    openai.ChatModelGPT4o,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Say hello")},
	})
	if err != nil {
		return "", err
	}
	return completion.Choices[0].Message.Content, nil
}

// withOpenAIStream reads events, which arrive together.
func withOpenAIStream(ctx context.Context, address string) (string, error) {
	client := openai.NewClient(option.WithBaseURL(address), option.WithAPIKey("key"))
	stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model:    openai.ChatModelGPT4o,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Say hello")},
	})
	var text strings.Builder
	for stream.Next() {
		text.WriteString(stream.Current().Choices[0].Delta.Content + ".")
	}
	return text.String(), stream.Err()
}

func withStripe(ctx context.Context, address string) (string, error) {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(address)})
	client := stripe.NewClient("sk_test", stripe.WithBackends(&stripe.Backends{API: backend}))
	customer, err := client.V1Customers.Retrieve(ctx, "cus_1", nil)
	if err != nil {
		return "", err
	}
	return customer.Name, nil
}

// withWebSocket asks for a protocol that the host cannot speak.
func withWebSocket(ctx context.Context, address string) (string, error) {
	_, _, err := websocket.Dial(ctx, address, nil)
	return "", err
}

// dial is what clients of databases and of gRPC do. Without an address, it dials a listener of its own, as tests do.
func dial(ctx context.Context, address string) (string, error) {
	if address == "" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		defer listener.Close()
		address = listener.Addr().String()
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	return "a listener of the component's own", connection.Close()
}
