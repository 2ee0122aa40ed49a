namespace MirrorTools.Engine.AsyncCopy;

/// <summary>What a write does that meets a grain of the increment under way which the other site lacks .</summary>
public enum CollisionPolicy : byte
{
    /// <summary>The grain's old image is kept aside for the drain, and the write goes on (figures 7A and 7B). Where there is no room for it, as <see cref="SendFirst"/>.</summary>
    NewImage,

    /// <summary>The grain is sent first, then the write goes on (figure 6).</summary>
    SendFirst,
}
