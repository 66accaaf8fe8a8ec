"""Coinbase Exchange's public market data: trades by websocket, what is missed by REST."""
