// Original file: proto/sheaf/registry/v1/registry.proto


export interface ReportEvidenceResponse {
}

export interface ReportEvidenceResponse__Output {
}
