import { supports } from "../metadata/features.ts";
import { registerController } from "../metadata/image-writer.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from "../protocol/messages/controller-registration.ts";
import { metadataVersionOf, type ControllerState, type Decision } from "./decision.ts";

/** ControllerRegistration: what a controller supports and where it listens, once per incarnation. */
export function decideRegisterController(
  state: ControllerState,
  request: ControllerRegistrationRequest,
): Decision<ControllerRegistrationResponse> {
  if (!supports(metadataVersionOf(state.image), "controllerRegistration")) {
    const message = "The current MetadataVersion is too old to support controller registrations.";
    return { records: [], reply: response(ErrorCode.UNSUPPORTED_VERSION, message) };
  }
  const record = registerController({
    id: request.controllerId,
    incarnationId: request.incarnationId,
    zkMigrationReady: request.zkMigrationReady,
    endpoints: request.listeners,
    features: request.features.map((feature) => ({
      name: feature.name,
      min: feature.minSupportedVersion,
      max: feature.maxSupportedVersion,
    })),
  });
  return { records: [record], reply: response(ErrorCode.NONE, null) };
}

function response(
  errorCode: ErrorCode,
  errorMessage: string | null,
): ControllerRegistrationResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage };
}
