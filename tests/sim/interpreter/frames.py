"""What every scapy packet of these tests begins with: without addresses, scapy would ask the network for some."""

from scapy.layers.l2 import Ether

FRAME = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
