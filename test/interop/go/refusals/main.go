// Every refusal of the public server, decoded with google.rpc types. Usage: refusals <host:port> <key> <narrow key>
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"sheaf.test/interop/inference"
)

var client inference.GRPCInferenceServiceClient

func tensor(model, datatype string, shape []int64, raw []byte) *inference.ModelInferRequest {
	input := &inference.ModelInferRequest_InferInputTensor{Name: "x", Datatype: datatype, Shape: shape}
	return &inference.ModelInferRequest{
		ModelName:        model,
		Inputs:           []*inference.ModelInferRequest_InferInputTensor{input},
		RawInputContents: [][]byte{raw},
	}
}

func rows(model string, count int64) *inference.ModelInferRequest {
	raw := []byte{}
	for range 2 * count {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(1))
	}
	return tensor(model, "FP32", []int64{count, 2}, raw)
}

func slow(iterations uint64) *inference.ModelInferRequest {
	return tensor("slow", "INT64", []int64{}, binary.LittleEndian.AppendUint64(nil, iterations))
}

func infer(request *inference.ModelInferRequest, pairs ...string) (metadata.MD, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var trailer metadata.MD
	_, err := client.ModelInfer(metadata.AppendToOutgoingContext(ctx, pairs...), request, grpc.Trailer(&trailer))
	return trailer, err
}

// refusal is what a call was told that has to be refused.
type refusal struct {
	info     *errdetails.ErrorInfo
	bad      *errdetails.BadRequest
	quota    *errdetails.QuotaFailure
	retry    *errdetails.RetryInfo
	resource *errdetails.ResourceInfo
	pushback int
	decision string
}

func refused(code codes.Code, reason string, request *inference.ModelInferRequest, pairs ...string) (refusal, error) {
	var told refusal
	trailer, err := infer(request, pairs...)
	state := status.Convert(err)
	for _, detail := range state.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			told.info = detail
		case *errdetails.BadRequest:
			told.bad = detail
		case *errdetails.QuotaFailure:
			told.quota = detail
		case *errdetails.RetryInfo:
			told.retry = detail
		case *errdetails.ResourceInfo:
			told.resource = detail
		default:
			return told, fmt.Errorf("a detail of an unknown kind: %v", detail)
		}
	}
	if state.Code() != code || told.info == nil || told.info.Reason != reason || told.info.Domain != "sheaf" {
		return told, fmt.Errorf("want %v %v, got %v with %v", code, reason, state, told.info)
	}
	if len(trailer.Get("x-request-id")) != 1 {
		return told, fmt.Errorf("no request id in %v", trailer)
	}
	if decision := trailer.Get("x-mesh-decision"); len(decision) == 1 {
		told.decision = decision[0]
	}
	told.pushback, err = strconv.Atoi(trailer.Get("grpc-retry-pushback-ms")[0])
	return told, err
}

func expect(told refusal, err error, what bool) error {
	if err == nil && !what {
		return fmt.Errorf("got %+v", told)
	}
	return err
}

func quotaOf(told refusal, name string) bool {
	if told.quota == nil || len(told.quota.Violations) != 1 || told.retry == nil {
		return false
	}
	violation := told.quota.Violations[0]
	return violation.Subject == "tenant:acme" && violation.QuotaId == name && violation.QuotaValue == 1 &&
		violation.QuotaDimensions["tenant"] == "acme" && told.decision == "limit:"+name
}

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	client = inference.NewGRPCInferenceServiceClient(connection)
	key, narrow := os.Args[2], os.Args[3]

	failed := false
	check := func(name string, run func() error) {
		if err := run(); err != nil {
			failed = true
			fmt.Printf("FAILED %s: %v\n", name, err)
			return
		}
		fmt.Println("ok", name)
	}
	check("UNAUTHENTICATED", func() error {
		told, err := refused(codes.Unauthenticated, "CREDENTIALS_MISSING", rows("double", 1))
		if err := expect(told, err, told.pushback == -1); err != nil {
			return err
		}
		told, err = refused(codes.Unauthenticated, "TOKEN_INVALID", rows("double", 1), "x-api-key", "bad")
		return expect(told, err, told.pushback == -1)
	})
	check("PERMISSION_DENIED", func() error {
		told, err := refused(codes.PermissionDenied, "TENANT_MISMATCH", rows("double", 1), "x-api-key", key, "x-tenant", "other")
		return expect(told, err, told.pushback == -1)
	})
	check("NOT_FOUND with ResourceInfo", func() error {
		told, err := refused(codes.NotFound, "MODEL_NOT_FOUND", rows("double", 1), "x-api-key", narrow)
		return expect(told, err, told.pushback == -1 && told.resource.GetResourceName() == "double")
	})
	check("INVALID_ARGUMENT with BadRequest", func() error {
		request := rows("double", 1)
		request.Inputs[0].Datatype = "INT32"
		told, err := refused(codes.InvalidArgument, "TENSOR_INVALID", request, "x-api-key", key)
		return expect(told, err, told.bad != nil && told.bad.FieldViolations[0].Field == "inputs[0]")
	})
	check("COST_EXCEEDS_LIMIT on the batch dimension", func() error {
		told, err := refused(codes.InvalidArgument, "COST_EXCEEDS_LIMIT", rows("costly", 6), "x-api-key", key)
		return expect(told, err, told.pushback == -1 && told.bad.FieldViolations[0].Field == "inputs[0].shape[0]")
	})
	check("RATE_LIMITED with RetryInfo and QuotaFailure", func() error {
		_, _ = infer(rows("rated", 1), "x-api-key", key)
		told, err := refused(codes.ResourceExhausted, "RATE_LIMITED", rows("rated", 1), "x-api-key", key)
		delay := int(told.retry.GetRetryDelay().AsDuration().Milliseconds())
		return expect(told, err, told.pushback > 0 && told.pushback == delay && quotaOf(told, "rate"))
	})
	check("QUOTA_EXHAUSTED with RetryInfo and QuotaFailure", func() error {
		_, _ = infer(rows("counted", 1), "x-api-key", key)
		told, err := refused(codes.ResourceExhausted, "QUOTA_EXHAUSTED", rows("counted", 1), "x-api-key", key)
		return expect(told, err, told.pushback == -1 && told.retry.GetRetryDelay().GetSeconds() > 0 && quotaOf(told, "quota"))
	})
	check("OVERLOADED with RetryInfo", func() error { return overloaded(key) })
	if failed {
		os.Exit(1)
	}
}

// Of two at the same time one is let in, whichever comes first.
func overloaded(key string) error {
	type end struct {
		told refusal
		err  error
	}
	ends := make(chan end, 2)
	for range 2 {
		go func() {
			told, err := refused(codes.Unavailable, "OVERLOADED", slow(1_000_000), "x-api-key", key)
			ends <- end{told, err}
		}()
	}
	one, other := <-ends, <-ends
	if one.err != nil {
		one, other = other, one
	}
	if one.err != nil || other.err == nil {
		return fmt.Errorf("want one refused, got %v and %v", one.err, other.err)
	}
	told := one.told
	return expect(told, nil, told.pushback >= 10 && told.pushback <= 100 && told.retry != nil && told.quota != nil)
}
