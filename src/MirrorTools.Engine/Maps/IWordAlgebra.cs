using System.Runtime.Intrinsics;

namespace MirrorTools.Engine.Maps;

/// <summary>An operation of the set algebra, as the bits of the target that it flips; the rest (what may be skipped, what a uniform page becomes) follows from it.</summary>
internal interface IWordAlgebra
{
    /// <summary>The bits of <paramref name="target"/> that the operation flips.</summary>
    static abstract ulong Changes(ulong target, ulong mask);

    /// <summary>The bits of <paramref name="target"/> that the operation flips.</summary>
    static abstract Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask);
}

/// <summary>Target AND NOT mask.</summary>
internal readonly struct AndNotAlgebra : IWordAlgebra
{
    public static ulong Changes(ulong target, ulong mask) => target & mask;

    public static Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask) => target & mask;
}

/// <summary>Target OR mask.</summary>
internal readonly struct OrAlgebra : IWordAlgebra
{
    public static ulong Changes(ulong target, ulong mask) => mask & ~target;

    public static Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask) => mask & ~target;
}

/// <summary>Target OR NOT mask.</summary>
internal readonly struct OrNotAlgebra : IWordAlgebra
{
    public static ulong Changes(ulong target, ulong mask) => ~(target | mask);

    public static Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask) => ~(target | mask);
}

/// <summary>Target AND mask.</summary>
internal readonly struct AndAlgebra : IWordAlgebra
{
    public static ulong Changes(ulong target, ulong mask) => target & ~mask;

    public static Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask) => target & ~mask;
}

/// <summary>Target XOR mask.</summary>
internal readonly struct XorAlgebra : IWordAlgebra
{
    public static ulong Changes(ulong target, ulong mask) => mask;

    public static Vector256<ulong> Changes(Vector256<ulong> target, Vector256<ulong> mask) => mask;
}
