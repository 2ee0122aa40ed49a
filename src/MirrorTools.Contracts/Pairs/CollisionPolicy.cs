namespace MirrorTools.Contracts.Pairs;

/// <summary>AsyncCopy: what a write does to a grain that is still to be sent .</summary>
public enum CollisionPolicy
{
    /// <summary>The old image is kept aside until it is sent; the write goes on at once.</summary>
    NewImage,

    /// <summary>The present image is sent first, then the write goes on.</summary>
    SendFirst,
}
