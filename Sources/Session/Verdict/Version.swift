/// The version of this program.
package let swemuVersion = "0.1.0"
