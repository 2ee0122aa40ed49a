namespace MirrorTools.Engine.Caching;

/// <summary>The bounds of a cache (S-15) and the habits of its background hardening (S-7).</summary>
public sealed record CacheOptions
{
    /// <summary>The smallest cache, in bytes.</summary>
    public const long MinimumLimitBytes = 64 * 1024;

    /// <summary>The largest cache, in bytes: 4 TiB.</summary>
    public const long MaximumLimitBytes = 1L << 42;

    /// <summary>The longest single disk write that may be chosen, in bytes.</summary>
    public const int MaximumRunBytes = 16 << 20;

    /// <summary>The most that may be held, clean or not, in bytes; rounded down to whole pages of 4 KiB.</summary>
    public long LimitBytes { get; init; } = 1L << 30;

    /// <summary>What the background hardening keeps the unhardened content below, in bytes. Hosts are slowed down from here to <see cref="LimitBytes"/>.</summary>
    public long TargetBytes { get; init; } = 512L << 20;

    /// <summary>How long content that is not written again stays unhardened below the target. What is written all the time is hardened after twice as long at most.</summary>
    public TimeSpan HardenAge { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest single disk write, in bytes; whole pages of 4 KiB. Runs of zeros carry no data and may be longer.</summary>
    public int RunBytes { get; init; } = 1 << 20;

    /// <summary>How many disk writes are under way at once; each takes a buffer of <see cref="RunBytes"/>.</summary>
    public int MaximumConcurrentWrites { get; init; } = 8;

    /// <summary>Says what is wrong with the options, or null where they are fine.</summary>
    public static string? Validate(CacheOptions options)
    {
        if (options.LimitBytes is < MinimumLimitBytes or > MaximumLimitBytes)
        {
            return $"A cache of {options.LimitBytes} bytes is not possible: take {MinimumLimitBytes} to {MaximumLimitBytes}.";
        }

        if (options.TargetBytes <= 0 || options.TargetBytes >= options.LimitBytes)
        {
            return $"A target of {options.TargetBytes} unhardened bytes is not possible: take more than 0 and less than the limit of {options.LimitBytes}.";
        }

        if (options.RunBytes is < PageTable.PageBytes or > MaximumRunBytes || options.RunBytes % PageTable.PageBytes != 0)
        {
            return $"Disk writes of {options.RunBytes} bytes are not possible: take a multiple of {PageTable.PageBytes}, at most {MaximumRunBytes}.";
        }

        if (options.MaximumConcurrentWrites is < 1 or > 256)
        {
            return $"{options.MaximumConcurrentWrites} disk writes at once are not possible: take 1 to 256.";
        }

        return options.HardenAge <= TimeSpan.Zero ? $"Hardening after {options.HardenAge} is not possible: take a positive time." : null;
    }
}
