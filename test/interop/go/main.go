// A client with stubs that protoc-gen-go and protoc-gen-go-grpc generated. Usage: interop <host:port>
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"sheaf.test/interop/inference"
)

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	client := inference.NewGRPCInferenceServiceClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	failed := false
	check := func(name string, run func() error) {
		if err := run(); err != nil {
			failed = true
			fmt.Printf("FAILED %s: %v\n", name, err)
			return
		}
		fmt.Println("ok", name)
	}
	check("ready and metadata", func() error { return readyAndMetadata(ctx, client) })
	check("health", func() error { return health(ctx, connection) })
	check("infer a model and a pipeline", func() error { return infer(ctx, client) })
	check("a refusal with google.rpc details", func() error { return refusal(ctx, client) })
	if failed {
		os.Exit(1)
	}
}

func request(model string, columns int64) *inference.ModelInferRequest {
	raw := make([]byte, 8)
	binary.LittleEndian.PutUint32(raw, math.Float32bits(1))
	binary.LittleEndian.PutUint32(raw[4:], math.Float32bits(2))
	input := &inference.ModelInferRequest_InferInputTensor{Name: "x", Datatype: "FP32", Shape: []int64{1, columns}}
	return &inference.ModelInferRequest{
		ModelName:        model,
		Inputs:           []*inference.ModelInferRequest_InferInputTensor{input},
		RawInputContents: [][]byte{raw},
	}
}

func readyAndMetadata(ctx context.Context, client inference.GRPCInferenceServiceClient) error {
	ready, err := client.ServerReady(ctx, &inference.ServerReadyRequest{})
	if err != nil || !ready.Ready {
		return fmt.Errorf("ready %v, %w", ready, err)
	}
	metadata, err := client.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: "double"})
	if err != nil || len(metadata.Versions) != 1 || metadata.Versions[0] != "1" {
		return fmt.Errorf("metadata %v, %w", metadata, err)
	}
	return nil
}

func health(ctx context.Context, connection *grpc.ClientConn) error {
	request := &grpc_health_v1.HealthCheckRequest{Service: "quadruple"}
	answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, request)
	if err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("health %v, %w", answer, err)
	}
	return nil
}

func infer(ctx context.Context, client inference.GRPCInferenceServiceClient) error {
	for model, factor := range map[string]float32{"double": 2, "quadruple": 4} {
		answer, err := client.ModelInfer(ctx, request(model, 2))
		if err != nil {
			return err
		}
		if got := math.Float32frombits(binary.LittleEndian.Uint32(answer.RawOutputContents[0])); got != factor {
			return fmt.Errorf("%s: want %v, got %v", model, factor, got)
		}
	}
	return nil
}

func refusal(ctx context.Context, client inference.GRPCInferenceServiceClient) error {
	_, err := client.ModelInfer(ctx, request("double", 3))
	refused := status.Convert(err)
	if refused.Code() != codes.InvalidArgument {
		return fmt.Errorf("want InvalidArgument, got %v", refused)
	}
	var domain, field string
	for _, detail := range refused.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			domain = detail.Domain
		case *errdetails.BadRequest:
			field = detail.FieldViolations[0].Field
		}
	}
	if domain != "sheaf" || field != "inputs[0]" {
		return fmt.Errorf("domain %q, field %q", domain, field)
	}
	return nil
}
