"""Requests written straight to a plain-HTTP endpoint, without the objects that botocore makes for each.

Only what lies between a serialized request and its parsed response is done here. How often and when a request is
sent again, and what an error means, stays botocore's.
"""

from typing import Any, NamedTuple
from zlib import crc32

from botocore.client import BaseClient
from botocore.endpoint import Endpoint, convert_to_response_dict
from botocore.model import OperationModel

from dynamodb_client import response_parser
from dynamodb_client.connection_pool import ConnectionPool
from dynamodb_client.signing import Signer

Parsed = dict[str, Any]


class _Request(NamedTuple):
    """A request as it goes over the wire."""

    message: bytes

    def reset_stream(self) -> None:
        """Do nothing: botocore asks for this before it sends a request again, and a message can be."""


class _Response(NamedTuple):
    """A response, with what botocore's retries and parsers look at."""

    status_code: int
    headers: dict[str, str]
    content: bytes


def install(client: BaseClient, pool: ConnectionPool, signer: Signer) -> None:
    """Let a client send its requests through a pool."""
    client._endpoint = DirectEndpoint(client._endpoint, pool, signer)


class DirectEndpoint(Endpoint):  # type: ignore[misc]  # botocore is untyped
    """A botocore endpoint that signs and sends requests itself."""

    def __init__(self, stock: Endpoint, pool: ConnectionPool, signer: Signer) -> None:
        super().__init__(
            stock.host,
            stock._endpoint_prefix,
            stock._event_emitter,
            stock._response_parser_factory,
            stock.http_session,
        )
        self._pool, self._signer, self._parse_items = pool, signer, response_parser.parse

    def create_request(self, params: dict[str, Any], _operation_model: OperationModel = None) -> _Request:
        """Sign a request and write it as HTTP."""
        headers, body = params["headers"], params["body"]
        signed = {
            "content-type": headers["Content-Type"],
            "host": self._pool.host,
            "x-amz-date": self._signer.stamp(),
            "x-amz-target": headers["X-Amz-Target"],
        }
        head = (
            f"POST / HTTP/1.1\r\nHost: {self._pool.host}\r\nAccept-Encoding: identity\r\n"
            f"X-Amz-Target: {signed['x-amz-target']}\r\nContent-Type: {signed['content-type']}\r\n"
            f"User-Agent: {headers['User-Agent']}\r\nX-Amz-Date: {signed['x-amz-date']}\r\n"
            f"Authorization: {self._signer.authorization(signed, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return _Request(head.encode("latin-1") + body)

    def _get_response(
        self, request: _Request, operation_model: OperationModel, _context: dict[str, Any]
    ) -> tuple[tuple[_Response, Parsed] | None, Exception | None]:
        try:
            answer = self._pool.send(request.message)
        except Exception as error:
            return None, error
        response = _Response(answer.status, answer.headers, answer.body)
        return (response, self._parsed(response, operation_model)), None

    def _needs_retry(
        self,
        attempts: int,
        operation_model: OperationModel,
        request_dict: dict[str, Any],
        response: tuple[_Response, Parsed] | None = None,
        caught_exception: Exception | None = None,
    ) -> bool:
        """Ask botocore, unless there is nothing to ask about: most responses are as they should be."""
        if response is not None and caught_exception is None:
            answer, parsed = response
            if answer.status_code == 200 and "Error" not in parsed and _is_intact(answer):
                return False
        again: bool = super()._needs_retry(
            attempts, operation_model, request_dict, response, caught_exception
        )
        return again

    def _update_retries_context(
        self, context: dict[str, Any], attempt: int, _success_response: object = None
    ) -> None:
        """Count the attempts; the headers that tell a service about them are not sent."""
        context.setdefault("retries", {})["attempt"] = attempt

    def _parsed(self, response: _Response, operation_model: OperationModel) -> Parsed:
        document = convert_to_response_dict(response, operation_model)
        items: Parsed = {}
        if response.status_code == 200 and operation_model.name in response_parser.ITEM_OPERATIONS:
            self._parse_items(operation_model, document, items)
            if not document["body"]:  # all of it has been parsed
                metadata = {"HTTPStatusCode": response.status_code, "HTTPHeaders": response.headers}
                if "x-amzn-requestid" in response.headers:
                    metadata["RequestId"] = response.headers["x-amzn-requestid"]
                return items | {"ResponseMetadata": metadata}
        parser = self._response_parser_factory.create_parser(operation_model.service_model.resolved_protocol)
        parsed: Parsed = parser.parse(document, operation_model.output_shape)
        if response.status_code >= 300:
            self._add_modeled_error_fields(document, parsed, operation_model, parser)
        return parsed


def _is_intact(response: _Response) -> bool:
    """Tell whether the body is what the response's checksum says, if it has one."""
    checksum = response.headers.get("x-amz-crc32")
    return checksum is None or checksum == str(crc32(response.content))
