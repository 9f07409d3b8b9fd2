// The ABI: every kernel that the library calls, by family. Pointers are byte addresses in the imported memory, sizes
// and strides count elements. Kernels know no model, allocate nothing and trust their arguments: src/wasm checks them.

