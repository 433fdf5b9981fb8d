"""The bus: message schemas and typed publish, subscribe and request over NATS.

A room imports `bus.client.Bus`, `bus.subjects` and `bus.messages_pb2`; it never sees NATS itself.
"""
