"""The Python SDK: `async with octavo.client.open(url, token, document_id) as document`.  See docs/sdk.md."""
