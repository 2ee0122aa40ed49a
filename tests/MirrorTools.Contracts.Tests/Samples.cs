using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Tests;

/// <summary>An object of each data contract with every member set, always to the same values.</summary>
internal static class Samples
{
    /// <summary>All data contracts that go over the wire.</summary>
    public static IEnumerable<Type> Contracts => typeof(Routes).Assembly.GetExportedTypes()
        .Where(type => type.GetCustomAttribute<DataContractAttribute>() is not null)
        .OrderBy(type => type.Name, StringComparer.Ordinal);

    /// <summary>Makes the sample of a type.</summary>
    public static object Make(Type type)
    {
        var sample = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties())
        {
            property.SetValue(sample, ValueOf(property.PropertyType, property.Name));
        }

        return sample;
    }

    private static object ValueOf(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return $"{name} \"ä/\\\n";
        }

        if (type == typeof(Dictionary<string, string>))
        {
            return new Dictionary<string, string> { ["first"] = "1", ["zweites ä"] = "\"2\"" };
        }

        if (type.IsGenericType)
        {
            var list = (IList)Activator.CreateInstance(type)!;
            list.Add(ValueOf(type.GetGenericArguments()[0], name));
            return list;
        }

        return type switch
        {
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => name.Length,
            _ when type == typeof(long) => 1L << 46,
            _ when type == typeof(double) => 1.25,
            _ when type.GetCustomAttribute<DataContractAttribute>() is not null => Make(type),
            _ => throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"{name} has a type that a contract may not have: {type}.")),
        };
    }
}
