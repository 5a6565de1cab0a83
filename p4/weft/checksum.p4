// Internet checksums of changed packets, by RFC 1624, equation 3: a wrong checksum stays wrong by as much.

// What a change of 16 covered bits adds to the sum; 0 exactly where nothing changed.
@noWarn("unused") bit<32> change16(in bit<16> old, in bit<16> new) {
    return (old == new ? 32w0 : (bit<32>) (~old) + (bit<32>) new);
}

// `sum` folded to 16 bits, the carries added at the low end.
@noWarn("unused") bit<16> fold(in bit<32> sum) {
    bit<32> once = (sum & 0xffff) + (sum >> 16);
    bit<32> twice = (once & 0xffff) + (once >> 16);
    return twice[15:0];
}

// The checksum after changes that add up to `changes`; untouched where that is 0.
@noWarn("unused") bit<16> updated_checksum(in bit<16> checksum, in bit<32> changes) {
    return (changes == 0 ? checksum : ~fold((bit<32>) (~checksum) + changes));
}

// The same where 0 says that there is no checksum: UDP over IPv4 (RFC 768). A sum of 0 is sent as all ones.
@noWarn("unused") bit<16> updated_checksum_or_none(in bit<16> checksum, in bit<32> changes) {
    bit<16> updated = updated_checksum(checksum, changes);
    return (checksum == 0 || changes == 0 ? checksum : (updated == 0 ? 16w0xffff : updated));
}
