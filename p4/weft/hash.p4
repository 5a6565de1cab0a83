// Hashes of Weft programs that v1model does not have. The programs' meaning rests on them, to the bit.

// One member of a family of independent hashes: the high half of an odd multiple of one CRC-32 digest.
@noWarn("unused") bit<32> multiply_shift(in bit<32> crc, in bit<64> multiplier) {
    bit<64> product = 0;
    if (crc != 0) { // p4c would copy a plain expression to wherever the result is used
        product = (bit<64>) crc * multiplier;
    }
    return product[63:32];
}

// The Toeplitz hash of one 16-bit word under the key 6d5a, repeated: low 16 bits.
// Bit b of the word, from the highest on, adds the key shifted left by b, and the key has period 16.
@noWarn("unused") bit<16> toeplitz16(in bit<16> word) {
    bit<16> sum = 0;
    if (word[15:15] == 1) { sum = sum ^ 0x6d5a; }
    if (word[14:14] == 1) { sum = sum ^ 0xdab4; }
    if (word[13:13] == 1) { sum = sum ^ 0xb569; }
    if (word[12:12] == 1) { sum = sum ^ 0x6ad3; }
    if (word[11:11] == 1) { sum = sum ^ 0xd5a6; }
    if (word[10:10] == 1) { sum = sum ^ 0xab4d; }
    if (word[9:9] == 1) { sum = sum ^ 0x569b; }
    if (word[8:8] == 1) { sum = sum ^ 0xad36; }
    if (word[7:7] == 1) { sum = sum ^ 0x5a6d; }
    if (word[6:6] == 1) { sum = sum ^ 0xb4da; }
    if (word[5:5] == 1) { sum = sum ^ 0x69b5; }
    if (word[4:4] == 1) { sum = sum ^ 0xd36a; }
    if (word[3:3] == 1) { sum = sum ^ 0xa6d5; }
    if (word[2:2] == 1) { sum = sum ^ 0x4dab; }
    if (word[1:1] == 1) { sum = sum ^ 0x9b56; }
    if (word[0:0] == 1) { sum = sum ^ 0x36ad; }
    return sum;
}

// The word whose toeplitz16 is `hashed`. The hash is linear and has an inverse, given here column by column.
@noWarn("unused") bit<16> id_of_hash(in bit<16> hashed) {
    bit<16> sum = 0;
    if (hashed[15:15] == 1) { sum = sum ^ 0xf964; }
    if (hashed[14:14] == 1) { sum = sum ^ 0xf2c9; }
    if (hashed[13:13] == 1) { sum = sum ^ 0xe593; }
    if (hashed[12:12] == 1) { sum = sum ^ 0xcb27; }
    if (hashed[11:11] == 1) { sum = sum ^ 0x964f; }
    if (hashed[10:10] == 1) { sum = sum ^ 0x2c9f; }
    if (hashed[9:9] == 1) { sum = sum ^ 0x593e; }
    if (hashed[8:8] == 1) { sum = sum ^ 0xb27c; }
    if (hashed[7:7] == 1) { sum = sum ^ 0x64f9; }
    if (hashed[6:6] == 1) { sum = sum ^ 0xc9f2; }
    if (hashed[5:5] == 1) { sum = sum ^ 0x93e5; }
    if (hashed[4:4] == 1) { sum = sum ^ 0x27cb; }
    if (hashed[3:3] == 1) { sum = sum ^ 0x4f96; }
    if (hashed[2:2] == 1) { sum = sum ^ 0x9f2c; }
    if (hashed[1:1] == 1) { sum = sum ^ 0x3e59; }
    if (hashed[0:0] == 1) { sum = sum ^ 0x7cb2; }
    return sum;
}

// One output of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, figure 17).
@noWarn("unused") bit<64> splitmix64(in bit<64> state_) {
    bit<64> mixed = state_ + 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

// 32 random bits for one place of the program and one packet. `site` is the place's, mixed once already.
@noWarn("unused") bit<32> random_of_packet(in bit<64> site, in bit<64> now, in bit<16> port, in bit<32> crc) {
    bit<64> mixed = splitmix64(site ^ now);
    mixed = splitmix64(mixed ^ (16w0 ++ port ++ crc));
    return mixed[63:32];
}
